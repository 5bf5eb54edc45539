#include "indexer/generation.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <random>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace indexer {
namespace fs = std::filesystem;
namespace {

// Text changes that are committed together: small enough for Xapian's inverter to stay quick (it slows with what it
// holds), large enough to share the cost of a commit.
constexpr std::size_t kFollowBatch = 1'000;

// Bulk indexing is bound by the processor, and may have all of it: in a server it runs at SCHED_IDLE.
const int kBuildThreads = std::max(2, static_cast<int>(std::thread::hardware_concurrency()));

std::string format_prefix(const IndexOptions& options) {
  return fmt::format("c{}a{}o{}-", kCatalogFormat, kAnalysisVersion, options.identity());
}

fs::path prepare_folder(const fs::path& folder, replica::sqlite::Access access) {
  if (access == replica::sqlite::Access::kReadWrite) fs::create_directories(folder);
  return folder;
}

FileLock share(const fs::path& folder) {
  auto lock = FileLock::try_lock(folder / "lock", FileLock::Mode::kShared);
  if (!lock) throw std::runtime_error("generation " + folder.string() + " is being deleted");
  return std::move(*lock);
}

void sync_to_disk(const fs::path& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = descriptor >= 0 && fsync(descriptor) == 0;
  const int error = errno;
  if (descriptor >= 0) close(descriptor);
  if (!synced)
    throw fs::filesystem_error("cannot sync", path,
                               std::error_code(error, std::generic_category()));
}

// Deletes a generation's folder unless somebody has it open.
void delete_if_unused(const fs::path& folder) {
  std::error_code ignored;
  const auto lock = FileLock::try_lock(folder / "lock", FileLock::Mode::kExclusive);
  if (lock) fs::remove_all(folder, ignored);
}

}  // namespace

Generation::Generation(const fs::path& folder, replica::sqlite::Access access, IndexOptions options)
    : folder_(prepare_folder(folder, access)),
      options_(std::move(options)),
      lock_(share(folder_)),
      catalog_(folder_ / "catalog.db", access) {
  if (!fs::exists(index_folder())) return;
  try {
    set_text_checkpoint(FulltextReader(index_folder()).checkpoint());
    has_index_ = true;
  } catch (const std::runtime_error&) {
    // Lists do not need it. Who writes builds it anew; until then searches say that they are incomplete.
    if (access == replica::sqlite::Access::kReadWrite) fs::remove_all(index_folder());
  }
}

Generation::~Generation() {
  writer_.reset();
  idle_readers_.clear();
  lock_.reset();
  if (!disposable_) return;
  try {
    delete_if_unused(folder_);
  } catch (const std::exception&) {
    // Left over: the next sweep tries again.
  }
}

DerivedCheckpoint Generation::text_checkpoint() const {
  const std::lock_guard guard(mutex_);
  return text_checkpoint_;
}

void Generation::set_text_checkpoint(DerivedCheckpoint checkpoint) {
  const std::lock_guard guard(mutex_);
  text_checkpoint_ = std::move(checkpoint);
}

std::size_t Generation::build_index(const Stores& stores,
                                    const std::function<void(std::size_t)>& done,
                                    const std::atomic<bool>& cancelled) {
  // What changes while the build runs is after this checkpoint, so following repeats it.
  const auto checkpoint = catalog_.checkpoint();
  Extractor extractor(stores.extracts());
  const auto failed = build_fulltext(index_folder(), catalog_, Texts(stores, &extractor),
                                     checkpoint, kBuildThreads, done, cancelled, options_);
  set_text_checkpoint(checkpoint);
  has_index_ = true;
  return failed;
}

std::size_t Generation::follow_index(const Stores& stores, const std::atomic<bool>& cancelled) {
  if (catalog_.text_pending(stores, text_checkpoint()) == 0 &&
      text_checkpoint() == catalog_.checkpoint())
    return 0;
  if (!writer_) writer_ = std::make_unique<FulltextWriter>(index_folder(), options_);
  Extractor extractor(stores.extracts());
  const Texts texts(stores, &extractor);
  std::size_t written = 0;
  for (bool more = true; more && !cancelled;) {
    const auto changes = catalog_.text_changes(stores, writer_->checkpoint(), kFollowBatch);
    for (const auto& [kind, id] : changes.removed) writer_->remove(kind, id);
    for (const auto& entry : changes.changed) {
      if (cancelled)
        return written;  // reading files takes long; what is not committed is done again
      const auto text = texts.read(entry);
      writer_->replace(entry, text ? *text : EntryText{});
    }
    if (changes.reached == writer_->checkpoint()) break;
    writer_->commit(changes.reached);
    set_text_checkpoint(changes.reached);
    written += changes.changed.size() + changes.removed.size();
    more = changes.more;
  }
  return written;
}

Generation::ReaderLease Generation::reader() const {
  std::unique_ptr<FulltextReader> reader;
  {
    const std::lock_guard guard(mutex_);
    if (!idle_readers_.empty()) {
      reader = std::move(idle_readers_.back());
      idle_readers_.pop_back();
    }
  }
  if (reader) {
    reader->refresh();
  } else {
    reader = std::make_unique<FulltextReader>(index_folder(), options_);
  }
  return {*this, std::move(reader)};
}

Generation::ReaderLease::~ReaderLease() {
  if (!reader_) return;
  const std::lock_guard guard(generation_.mutex_);
  generation_.idle_readers_.push_back(std::move(reader_));
}

std::string Generation::new_name(const IndexOptions& options) {
  std::random_device random;
  return format_prefix(options) + fmt::format("{:08x}{:08x}", random(), random());
}

bool Generation::is_current_format(std::string_view name, const IndexOptions& options) {
  return name.starts_with(format_prefix(options));
}

std::optional<std::string> Generation::live_name(const fs::path& derived) {
  std::ifstream in(derived / "current");
  std::string name;
  if (!std::getline(in, name) || name.empty() || name.find('/') != std::string::npos)
    return std::nullopt;
  if (!fs::exists(derived / name / "catalog.db")) return std::nullopt;
  return name;
}

void Generation::make_live(const fs::path& derived, const std::string& name) {
  const auto temporary = derived / "current.new";
  {
    std::ofstream out(temporary, std::ios::trunc);
    out << name << '\n';
    if (!out.flush()) throw std::runtime_error("cannot write " + temporary.string());
  }
  sync_to_disk(temporary);
  fs::rename(temporary, derived / "current");
  sync_to_disk(derived);
}

void Generation::sweep(const fs::path& derived) {
  const auto live = live_name(derived);
  std::error_code ignored;
  for (const auto& item : fs::directory_iterator(derived, ignored)) {
    if (item.is_directory() && item.path().filename() != live.value_or(""))
      delete_if_unused(item.path());
  }
}

}  // namespace indexer
