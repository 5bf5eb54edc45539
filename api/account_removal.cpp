#include "api/account_removal.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <spdlog/spdlog.h>

#include "api/data_folder.hpp"
#include "indexer/account.hpp"
#include "indexer/file_lock.hpp"
#include "replica/files.hpp"

namespace api {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kCloseTimeout{30};
constexpr std::chrono::seconds kCloseTimeoutOfEmpty{2};  // of an account that has nothing to read
// No account's name begins so. Folders with this prefix are not listed, and are deleted at the next
// start if not before.
constexpr std::string_view kRemovedPrefix = ".removed-";

void expect_removable(const Config& config, const Accounts& accounts, const std::string& name) {
  if (!is_valid_account_name(name) || !accounts.contains(name))
    throw RemovalRefused(fmt::format("unknown account '{}'", name));
  if (const SourceConfig* source = config.source_of(name)) {
    throw RemovalRefused(fmt::format(
        "account '{}' is in accounts of source {} in the configuration, and would come back: take "
        "it out there first, or pause it",
        name, source->name));
  }
  if (fs::is_symlink(fs::symlink_status(account_folder(config.data_dir, name)))) {
    throw RemovalRefused(fmt::format(
        "{} is a symbolic link: nothing outside of the data folder is removed; remove the link and "
        "what it points to by hand",
        account_folder(config.data_dir, name).string()));
  }
}

// An account that was found at a source would be found again.
void forget(Registry& registry, const std::string& name) {
  const bool was_found = registry.source_of(name).has_value();
  registry.forget(name, was_found ? AccountState::kRemoved : AccountState::kFollowed);
}

// Nothing when the account has no folder.
std::optional<indexer::FileLock> lock_folder(const fs::path& folder, const std::string& name) {
  if (!fs::is_directory(fs::symlink_status(folder))) return std::nullopt;
  auto lock = indexer::FileLock::try_lock(folder / "lock", indexer::FileLock::Mode::kExclusive);
  if (lock) return lock;
  throw indexer::AccountBusy(fmt::format(
      "account '{}' is being written by another davenport process: stop it and try again", name));
}

bool has_stores(const fs::path& folder) {
  std::error_code absent;
  return !fs::is_empty(folder / "store", absent) && !absent;
}

// The rename removes the account at once, whatever happens while its files are deleted. Links in it
// are deleted, not followed. The registry forgets the account first: otherwise, after a kill in
// between, documents that it knows as pulled would be missing and never be pulled again.
void forget_and_delete(const fs::path& data_dir, Registry& registry, const std::string& name) {
  const fs::path folder = account_folder(data_dir, name);
  const fs::path removed = accounts_folder(data_dir) / (std::string(kRemovedPrefix) + name);
  const auto lock = lock_folder(folder, name);
  forget(registry, name);
  if (!lock) return;
  fs::remove_all(removed);
  fs::rename(folder, removed);
  replica::sync_folder(accounts_folder(data_dir));
  fs::remove_all(removed);
}

}  // namespace

void remove_account(const Config& config, Accounts& accounts, Replication& replication,
                    Tasks& tasks, const std::string& name) {
  expect_removable(config, accounts, name);
  const AccountState before = accounts.registry().account_state(name);
  for (const TaskReport& task : tasks.list()) {
    if (task.account == name) (void)tasks.cancel(task.id);
  }
  replication.stop_following(name);
  const auto follow_again = [&] {
    before == AccountState::kPaused ? replication.pause(name) : replication.resume(name);
  };
  try {
    Accounts::Retired retired(accounts, name);
    if (retired.wait_closed(kCloseTimeout)) {
      forget_and_delete(config.data_dir, accounts.registry(), name);
      spdlog::info("account {}: removed", name);
      return;
    }
  } catch (const std::exception&) {
    follow_again();
    throw;
  }
  follow_again();
  throw RemovalRefused(
      fmt::format("account '{}' is still being read or worked on: try again", name));
}

void remove_account(const Config& config, const std::string& name) {
  Accounts accounts(config, replica::sqlite::Access::kReadWrite);
  expect_removable(config, accounts, name);
  forget_and_delete(config.data_dir, accounts.registry(), name);
}

AccountToFill::AccountToFill(const Config& config, Accounts& accounts, std::string name)
    : config_(config),
      accounts_(accounts),
      name_(std::move(name)),
      folder_(account_folder(config.data_dir, name_)),
      was_there_(fs::exists(fs::symlink_status(folder_))),
      account_(accounts.create(name_)) {
  if (!account_)
    throw RemovalRefused(fmt::format("account '{}' is being removed: try again", name_));
}

AccountToFill::~AccountToFill() {
  account_.reset();
  if (was_there_ || has_stores(folder_)) return;
  try {
    Accounts::Retired retired(accounts_, name_);
    if (retired.wait_closed(kCloseTimeoutOfEmpty) && !has_stores(folder_))
      forget_and_delete(config_.data_dir, accounts_.registry(), name_);
  } catch (const std::exception& error) {
    // Logged only: the caller reports what kept the import from writing.
    spdlog::warn("account {}: cannot remove its empty folder: {}", name_, error.what());
  }
}

namespace {

// What davenport puts into the folder of an account. Beside a database, there are its log and what
// the doctor moved aside.
bool is_part_of_account(std::string_view name) {
  static constexpr std::string_view kFiles[] = {
      "lock",      "restored.json", indexer::Account::kUnfinishedBackup,
      "store",     "blobs",         "fetched",
      "restoring", "derived"};
  static constexpr std::string_view kDatabases[] = {"extracts.db", "doctor.tmp"};
  return std::find(std::begin(kFiles), std::end(kFiles), name) != std::end(kFiles) ||
         std::any_of(std::begin(kDatabases), std::end(kDatabases),
                     [name](std::string_view database) { return name.starts_with(database); });
}

bool is_of_account(const fs::path& folder) {
  std::error_code unreadable;
  const fs::directory_iterator entries(folder, unreadable);
  return !unreadable && std::all_of(begin(entries), end(entries), [](const auto& entry) {
    return is_part_of_account(entry.path().filename().native());
  });
}

}  // namespace

void finish_removals(const fs::path& data_dir) {
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(accounts_folder(data_dir), absent)) {
    const bool was_removed = entry.path().filename().string().starts_with(kRemovedPrefix);
    if (!was_removed || entry.is_symlink()) continue;
    if (!is_of_account(entry.path())) {
      spdlog::warn("{} has other files than those of an account: it is left as it is",
                   entry.path().string());
      continue;
    }
    // A failure must not keep the server from starting: the next start tries again.
    std::error_code failed;
    fs::remove_all(entry.path(), failed);
    if (failed) spdlog::warn("cannot delete {}: {}", entry.path().string(), failed.message());
  }
}

std::uint64_t bytes_of_account(const fs::path& data_dir, const std::string& name) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator at(account_folder(data_dir, name), error), end;
       !error && at != end; at.increment(error)) {
    std::error_code vanished;
    if (at->is_regular_file(vanished) && !at->is_symlink(vanished))
      bytes += at->file_size(vanished);
  }
  return bytes;
}

}  // namespace api
