// An account written anew: in its place, to make it smaller, or elsewhere, to have it twice.
#include <fmt/format.h>
#include <iterator>

#include "indexer/account_state.hpp"
#include "replica/files.hpp"
#include "replica/transient_errors.hpp"

namespace indexer {
namespace fs = std::filesystem;
namespace {

std::uint64_t sum(const Account::Bytes& bytes) { return bytes.store + bytes.catalog + bytes.index; }

// Deletes a folder with all that is in it at the end of its scope, unless `keep` was called.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(fs::path folder) : folder_(std::move(folder)) {}
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!is_kept_) fs::remove_all(folder_, ignored);
  }
  void keep() { is_kept_ = true; }

 private:
  fs::path folder_;
  bool is_kept_ = false;
};

// Where a backup is written to. Unless it is kept, what the backup wrote goes, with the folders
// that it made; not what somebody else has put there. What one that was killed has left there goes
// at first: its mark is there, and nobody holds it.
class BackupFolder {
 public:
  explicit BackupFolder(fs::path folder) : folder_(std::move(folder)) {}
  BackupFolder(const BackupFolder&) = delete;
  BackupFolder& operator=(const BackupFolder&) = delete;
  ~BackupFolder() {
    if (is_kept_) return;
    std::error_code ignored;
    if (lock_) {
      remove_parts();
      fs::remove(mark(), ignored);
    }
    for (const auto& made : made_) fs::remove(made, ignored);
  }
  void create() {
    for (auto at = folder_; !at.empty() && !fs::exists(at); at = at.parent_path())
      made_.push_back(at);
    if (fs::exists(folder_) && !fs::is_directory(folder_)) refuse("is there already");
    try {
      replica::create_folders(folder_);
      if (!fs::is_empty(folder_) && !fs::exists(mark())) refuse("is there already");
      lock_ = FileLock::try_lock(mark(), FileLock::Mode::kExclusive);
      if (!lock_) refuse("is being written by another backup");
      remove_parts();
      const auto left = std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
      if (left > 1) refuse("is there already");  // beside the mark
      replica::sync_folder(folder_);
    } catch (const fs::filesystem_error& error) {
      if (replica::is_out_of_space(error)) throw;
      throw std::runtime_error(fmt::format("{} cannot be made: {}: name another folder",
                                           folder_.string(), error.code().message()));
    }
  }
  // All of it is on disk.
  void keep() {
    fs::remove(mark());
    replica::sync_folder(folder_);
    is_kept_ = true;
  }

 private:
  [[nodiscard]] fs::path mark() const { return folder_ / Account::kUnfinishedBackup; }
  [[noreturn]] void refuse(std::string_view why) const {
    throw std::runtime_error(
        fmt::format("{} {}: name a folder that is empty or not there", folder_.string(), why));
  }
  void remove_parts() const {
    std::error_code ignored;
    for (const char* part : {"derived", "store", "blobs", "extracts.db", "restored.json"})
      fs::remove_all(folder_ / part, ignored);
  }

  fs::path folder_;
  std::vector<fs::path> made_;  // the innermost first
  std::optional<FileLock> lock_;  // of the mark
  bool is_kept_ = false;
};

}  // namespace

std::pair<std::uint64_t, std::uint64_t> Account::compact(Progress& progress) {
  const std::lock_guard rebuilding(state_->rebuild_work);
  const auto before = bytes();
  progress.of = static_cast<std::int64_t>(sum(before));
  for (const auto doctype : mail::kDoctypes) {
    progress.step();
    if (stores_.find(doctype) != nullptr) stores_.create(doctype).compact();
  }
  stores_.blobs().compact();
  stores_.forget_fetched();
  progress.done = static_cast<std::int64_t>(before.store);
  progress.step();
  const std::lock_guard text_working(state_->text_work);
  if (const auto live = state_->generation(); live && live->has_index()) {
    make_room_to_compact();
    const auto folder = state_->derived() / Generation::new_name(state_->options);
    TemporaryFolder unfinished(folder);
    live->copy_index_to(folder);
    const std::lock_guard catalog_working(state_->catalog_work);
    live->copy_catalog_to(folder);
    const auto copy = std::make_shared<Generation>(folder, state_->access, state_->options);
    copy->set_disposable(true);
    unfinished.keep();
    progress.step();
    state_->make_live(copy);
  }
  progress.done = progress.of.load();
  return {sum(before), sum(bytes())};
}

// An unfinished reindex becomes useless once compacting has replaced the live generation. It is
// deleted first when that frees enough room.
void Account::make_room_to_compact() {
  const auto live = bytes();
  const auto needed = live.catalog + live.index;
  const auto free = fs::space(state_->folder).available;
  const auto next = Generation::next_name(state_->derived());
  if (next && free < needed && free + bytes_of(state_->derived() / *next) >= needed)
    state_->forget_next();
  require_room(state_->folder, needed,
               fmt::format("account '{}': compacting lists and text index", name_));
}

void Account::backup(const fs::path& folder, Progress& progress) {
  require_stores();
  BackupFolder made(folder);
  try {
    made.create();
    copy_to(folder, progress);
    made.keep();
  } catch (const std::exception& error) {
    const auto* sqlite = dynamic_cast<const replica::sqlite::Error*>(&error);
    const bool is_own_disk = sqlite != nullptr && replica::lies_in(sqlite->file(), state_->folder);
    if (is_own_disk || !replica::is_out_of_space(error)) throw;
    throw BackupDiskFull(
        folder, fmt::format("no room for the backup in {}: it takes up to {:.1f} MB; what was "
                            "copied is removed again: make room and try again",
                            folder.string(), static_cast<double>(sum(bytes())) / 1e6));
  }
}

void Account::copy_to(const fs::path& folder, Progress& progress) {
  progress.of = static_cast<std::int64_t>(sum(bytes()));
  const auto copied = [&](std::uint64_t octets) {
    progress.done += static_cast<std::int64_t>(octets);
    progress.step();
  };
  // What is derived first: the stores may be ahead of it, not behind.
  if (const auto live = state_->generation()) {
    const auto copy = folder / "derived" / live->name();
    {
      const std::lock_guard text_working(state_->text_work);
      live->copy_index_to(copy);
    }
    live->copy_catalog_to(copy);
    Generation::make_live(folder / "derived", live->name());
    copied(bytes().catalog + bytes().index);
  }
  replica::create_folders(folder / "store");
  for (const auto& each : stores_.all()) {
    const auto copy = folder / "store" / (each.database + ".db");
    each.store->copy_to(copy);
    copied(fs::file_size(copy));
  }
  replica::sync_folder(folder / "store");
  // Blobs last: no document that was copied lacks its own.
  stores_.blobs().copy_to(folder / "blobs", copied);
  stores_.extracts().copy_to(folder / "extracts.db");
  if (const auto restored = replica::read_file(state_->folder / "restored.json"))
    replica::write_and_sync(folder / "restored.json", *restored);
  replica::sync_folder(folder);
  progress.of = progress.done.load();
}

}  // namespace indexer
