#include "indexer/generation.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fmt/format.h>
#include <fstream>
#include <random>
#include <system_error>
#include <thread>

#include "indexer/durable_files.hpp"
#include "replica/files.hpp"
#include "replica/transient_errors.hpp"

namespace indexer {
namespace fs = std::filesystem;
namespace {

// Text changes that are committed together: small enough for Xapian's inverter to stay quick (it
// slows with what it holds), large enough to share the cost of a commit.
constexpr std::size_t kFollowBatch = 1'000;

// Bulk indexing is bound by the processor, and may have all of it: in a server it gives way.
const int kBuildThreads = std::max(2, static_cast<int>(std::thread::hardware_concurrency()));

// After that nobody will go on with a rebuild that ended early.
constexpr std::chrono::hours kUnfinishedKept{24};

constexpr std::size_t kRandomDigits = 16;  // hexadecimal, at the end of a generation's name

std::string format_prefix(const IndexOptions& options) {
  return fmt::format("c{}p{}a{}o{}-", kCatalogFormat, kProjectionVersion, kAnalysisVersion,
                     options.identity());
}

fs::path prepare_folder(const fs::path& folder, replica::sqlite::Access access) {
  if (access == replica::sqlite::Access::kReadWrite) fs::create_directories(folder);
  return folder;
}

// Whether a generation of any format may have that name.
bool is_generation(std::string_view name) {
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  const std::size_t dash = name.find('-');
  if (dash == name.npos || name.size() - dash - 1 != kRandomDigits || !name.starts_with('c'))
    return false;
  return std::all_of(name.begin() + static_cast<std::ptrdiff_t>(dash) + 1, name.end(), is_hex);
}

FileLock share(const fs::path& folder) {
  auto lock = FileLock::try_lock(folder / "lock", FileLock::Mode::kShared);
  if (!lock) throw std::runtime_error("generation " + folder.string() + " is being deleted");
  return std::move(*lock);
}

// The generation that a file names, where it is there. Throws std::system_error where that cannot
// be told.
std::optional<std::string> named_in(const fs::path& derived, const char* file) {
  const auto path = derived / file;
  std::ifstream in(path);
  const int error = in ? 0 : errno;
  if (error != 0 && error != ENOENT && error != ENOTDIR)
    throw fs::filesystem_error("cannot read", path,
                               std::error_code(error, std::generic_category()));
  std::string name;
  if (!std::getline(in, name) || name.empty() || name.find('/') != std::string::npos)
    return std::nullopt;
  if (!fs::exists(derived / name / "catalog.db")) return std::nullopt;
  return name;
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
  } catch (const std::runtime_error& error) {
    const bool is_writing = access == replica::sqlite::Access::kReadWrite;
    if (is_writing && replica::is_transient(error)) throw;
    // Lists do not need it. Who writes builds it anew; until then searches say that they are
    // incomplete.
    index_fault_ = error.what();
    if (is_writing) fs::remove_all(index_folder());
  }
}

std::shared_ptr<Generation> Generation::begin(const fs::path& derived,
                                              const IndexOptions& options) {
  const auto folder = derived / new_name(options);
  try {
    auto generation =
        std::make_shared<Generation>(folder, replica::sqlite::Access::kReadWrite, options);
    generation->set_disposable(true);
    return generation;
  } catch (const std::exception&) {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    throw;
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

void Generation::prepare_index() {
  if (!is_build_begun(index_folder(), catalog_.numbering())) catalog_.assign_numbers();
}

void Generation::build_index(const Stores& stores, Progress& progress) {
  Extractor extractor(stores.extracts());
  // What changes while the build runs is after this checkpoint, so following repeats it.
  auto checkpoint = build_fulltext(index_folder(), catalog_, Texts(stores, &extractor),
                                   catalog_.checkpoint(), kBuildThreads, progress, options_);
  set_text_checkpoint(std::move(checkpoint));
  has_index_ = true;
}

template <typename Work>
auto Generation::write_index(Work work) {
  if (!writer_) writer_ = std::make_unique<FulltextWriter>(index_folder(), options_);
  try {
    return work(*writer_);
  } catch (...) {
    writer_.reset();  // with what it did not commit
    throw;
  }
}

std::size_t Generation::follow_index(const Stores& stores, Progress& progress) {
  const auto pending = catalog_.text_pending(text_checkpoint());
  if (pending == 0 && text_checkpoint() == catalog_.checkpoint()) return 0;
  progress.of = std::max(progress.of.load(), progress.done + pending);
  Extractor extractor(stores.extracts());
  const Texts texts(stores, &extractor);
  return write_index([&](FulltextWriter& writer) {
    std::size_t written = 0;
    for (bool more = true; more && !progress.cancelled;) {
      const auto changes = catalog_.text_changes(writer.checkpoint(), kFollowBatch);
      for (const auto& [kind, id] : changes.removed) writer.remove(kind, id);
      for (const auto& entry : changes.changed) {
        if (progress.cancelled)
          return written;  // reading files takes long; what is not committed is done again
        progress.give_way();
        const auto text = texts.read(entry);
        writer.replace(entry, text ? *text : EntryText{});
        ++progress.done;
      }
      if (changes.reached == writer.checkpoint()) break;
      writer.commit(changes.reached);
      set_text_checkpoint(changes.reached);
      written += changes.changed.size() + changes.removed.size();
      more = changes.more;
    }
    return written;
  });
}

void Generation::renew_entries(const Stores& stores, std::span<const EntryName> entries,
                               Progress& progress) {
  Extractor extractor(stores.extracts());
  const Texts texts(stores, &extractor);
  write_index([&](FulltextWriter& writer) {
    for (const auto& [kind, id] : entries) {
      progress.step();
      if (const auto entry = catalog_.text_entry(kind, id)) {
        const auto text = texts.read(*entry);
        writer.replace(*entry, text ? *text : EntryText{});
      } else {
        writer.remove(kind, id);
      }
      ++progress.done;
    }
    writer.commit(writer.checkpoint());
  });
}

void Generation::copy_index_to(const fs::path& folder) const {
  fs::create_directories(folder);
  if (has_index_) copy_fulltext(index_folder(), folder / "index");
}

void Generation::copy_catalog_to(const fs::path& folder) const {
  catalog_.copy_to(folder / "catalog.db");
  replica::sync_folder(folder);
}

bool Generation::lists_follow(const Stores& stores) const {
  // In this order: the text index follows the catalog, also between the two reads.
  const auto text = text_checkpoint();
  const auto catalog = catalog_.checkpoint();
  const auto followed = catalog_.followed();
  return std::all_of(
      std::begin(mail::kDoctypes), std::end(mail::kDoctypes), [&](mail::Doctype doctype) {
        const auto* store = stores.find(doctype);
        if (store == nullptr) return true;
        const auto identity = store->identity();
        const auto known = followed.find(doctype);
        return (known == followed.end() || known->second == identity) &&
               catalog.continues(*store) && text.of(identity) <= catalog.of(identity);
      });
}

bool Generation::is_derived_from(const Stores& stores) const {
  if (!is_current_format(name(), options_)) return false;
  const auto text = text_checkpoint();
  const auto named = stores.all();
  return lists_follow(stores) && std::all_of(named.begin(), named.end(), [&](const auto& each) {
           return text.continues(*each.store);
         });
}

void Generation::verify() const {
  const FulltextReader reader(index_folder(), options_);
  if (reader.checkpoint() != catalog_.checkpoint())
    throw std::runtime_error("generation " + name() +
                             ": lists and text index are not of one state");
  if (const auto indexed = reader.entries(), listed = catalog_.entry_count(); indexed != listed) {
    throw std::runtime_error(
        fmt::format("generation {}: the text index has {} entries, the lists have {}", name(),
                    indexed, listed));
  }
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
  return named_in(derived, "current");
}

std::optional<std::string> Generation::next_name(const fs::path& derived) {
  return named_in(derived, "next");
}

void Generation::make_live(const fs::path& derived, const std::string& name) {
  replace_file(derived / "current", name + '\n');
  std::error_code ignored;
  fs::remove(derived / "next", ignored);
}

void Generation::make_next(const fs::path& derived, const std::string& name) {
  replace_file(derived / "next", name + '\n');
}

void Generation::sweep(const fs::path& derived) {
  const auto live = live_name(derived);
  const auto next = next_name(derived);
  std::error_code ignored;
  const auto age =
      fs::file_time_type::clock::now() - fs::last_write_time(derived / "next", ignored);
  for (const auto& item : fs::directory_iterator(derived, ignored)) {
    const auto name = item.path().filename().string();
    const bool is_next = name == next && age < kUnfinishedKept;
    // What has another name is not ours, whatever `derived` leads to.
    if (item.symlink_status().type() == fs::file_type::directory && is_generation(name) &&
        name != live && !is_next)
      delete_if_unused(item.path());
  }
}

}  // namespace indexer
