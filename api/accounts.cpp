#include "api/accounts.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <sys/resource.h>
#include <thread>

#include "api/data_folder.hpp"

namespace api {

namespace {

// Others may lie there too: lost+found, where the folder is a disk's. One that may not be read is
// taken for an account, whose use then says so.
bool is_account_folder(const std::filesystem::path& folder) {
  std::error_code unreadable;
  return std::filesystem::is_directory(folder, unreadable) &&
         (std::filesystem::exists(folder / "store", unreadable) ||
          std::filesystem::exists(folder / "lock", unreadable) || unreadable);
}

}  // namespace

Accounts::Accounts(const Config& config, replica::sqlite::Access access)
    : config_(config),
      access_(access),
      registry_(davenport_db_file(config.data_dir), access),
      disk_(config.data_dir) {}

std::shared_ptr<indexer::Account> Accounts::open(std::string_view name) const {
  const std::filesystem::path folder = account_folder(config_.data_dir, name);
  const SourceConfig* source = source_of(name);
  const bool may_create = access_ == replica::sqlite::Access::kReadWrite && source != nullptr;
  if (!may_create && !std::filesystem::is_directory(folder)) return nullptr;
  return std::make_shared<indexer::Account>(folder, std::string(name), access_,
                                            doctype_member_of(name), config_.index);
}

std::optional<std::string> Accounts::doctype_member_of(std::string_view name) const {
  const SourceConfig* source = source_of(name);
  if (source == nullptr || !source->layout.has_all_doctypes_in_one()) return std::nullopt;
  return source->doctype_member;
}

std::shared_ptr<indexer::Account> Accounts::find(std::string_view name) {
  if (!is_valid_account_name(name)) return nullptr;
  std::shared_ptr<Slot> slot;
  bool are_too_many = false;
  {
    const std::lock_guard lock(mutex_);
    if (retired_.contains(name)) return nullptr;
    auto found = slots_.find(name);
    if (found == slots_.end())
      found = slots_.emplace(std::string(name), std::make_shared<Slot>()).first;
    slot = found->second;
    are_too_many = slots_.size() > most_open(config_);
    if (const auto described = described_.find(name); described != described_.end())
      described_.erase(described);
  }
  std::shared_ptr<indexer::Account> account;
  {
    const std::lock_guard lock(slot->mutex);
    ++(slot->account ? hits_ : misses_);
    if (!slot->account) slot->account = open(name);
    slot->used = Clock::now();
    account = slot->account;
  }
  slot.reset();
  if (!account) forget_closed();
  if (are_too_many) close_surplus();
  return account;
}

void Accounts::close_surplus() {
  auto slots = by_last_use();
  std::size_t surplus = slots.size() - std::min(slots.size(), most_open(config_));
  for (auto oldest = slots.begin(); oldest != slots.end() && surplus > 0; ++oldest) {
    if (close(*oldest->second)) --surplus;
  }
  slots.clear();
  forget_closed();
}

void Accounts::close_unused(const std::string& name) {
  std::shared_ptr<Slot> slot;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = slots_.find(name); found != slots_.end()) slot = found->second;
  }
  if (slot) (void)close(*slot);
  slot.reset();
  forget_closed();
}

std::size_t Accounts::most_open(const Config& config) {
  // Of an account: stores, lists, text index and their logs, for each worker; and what is no account.
  constexpr rlim_t kHandlesOfAccount = 24, kOtherHandles = 256, kLeast = 4;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return config.replication.max_open_accounts;
  const rlim_t left = files.rlim_cur - std::min(files.rlim_cur, kOtherHandles);
  return std::min<std::size_t>(config.replication.max_open_accounts,
                               std::max(left / kHandlesOfAccount, kLeast));
}

std::optional<std::string> Accounts::describe(
    const std::string& name, const std::function<std::string(indexer::Account&)>& read) {
  bool was_open = false;
  {
    const std::lock_guard lock(mutex_);
    was_open = slots_.contains(name);
    const auto known = described_.find(name);
    if (!was_open && known != described_.end()) return known->second;
  }
  auto account = find(name);
  if (!account) return std::nullopt;
  const auto opened = misses_.load();
  auto description = read(*account);
  account.reset();
  if (was_open) return description;
  close_unused(name);
  const std::lock_guard lock(mutex_);
  // Whoever opened it meanwhile may have changed it, though it is closed again.
  if (!slots_.contains(name) && opened == misses_) described_[name] = description;
  return description;
}

bool Accounts::close(Slot& slot) {
  const std::unique_lock lock(slot.mutex, std::try_to_lock);
  if (!lock || slot.account.use_count() > 1) return false;
  slot.account.reset();
  return true;
}

std::vector<std::pair<Accounts::Clock::time_point, std::shared_ptr<Accounts::Slot>>>
Accounts::by_last_use() const {
  std::vector<std::pair<Clock::time_point, std::shared_ptr<Slot>>> slots;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, slot] : slots_) {
    const std::unique_lock not_busy(slot->mutex, std::try_to_lock);
    if (not_busy) slots.emplace_back(slot->used, slot);
  }
  std::sort(slots.begin(), slots.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return slots;
}

void Accounts::close_idle() {
  // While the disk is full they stay open: opening them again needs a little room.
  if (disk_.report().is_full) return;
  const auto since = Clock::now() - config_.replication.account_idle;
  auto slots = by_last_use();
  for (const auto& [used, slot] : slots) {
    if (used < since) (void)close(*slot);
  }
  slots.clear();
  forget_closed();
}

void Accounts::forget_closed() {
  const std::lock_guard lock(mutex_);
  std::erase_if(slots_, [](const auto& entry) {
    // A caller that is about to open it holds the slot.
    if (entry.second.use_count() > 1) return false;
    const std::lock_guard own(entry.second->mutex);
    return entry.second->account == nullptr;
  });
}

Accounts::Retired::Retired(Accounts& accounts, std::string name)
    : accounts_(accounts), name_(std::move(name)) {
  const std::lock_guard lock(accounts_.mutex_);
  accounts_.retired_.insert(name_);
}

Accounts::Retired::~Retired() {
  const std::lock_guard lock(accounts_.mutex_);
  accounts_.retired_.erase(name_);
}

// There is no notification when the last holder releases it, so this polls.
bool Accounts::Retired::wait_closed(std::chrono::milliseconds timeout) {
  constexpr std::chrono::milliseconds kPollInterval{20};
  const auto until = Clock::now() + timeout;
  while (true) {
    std::shared_ptr<Slot> slot;
    {
      const std::lock_guard lock(accounts_.mutex_);
      const auto found = accounts_.slots_.find(name_);
      if (found == accounts_.slots_.end()) return true;
      slot = found->second;
    }
    const bool is_closed = accounts_.close(*slot);
    slot.reset();
    accounts_.forget_closed();
    if (is_closed && accounts_.is_forgotten(name_)) return true;
    if (Clock::now() >= until) return false;
    std::this_thread::sleep_for(kPollInterval);
  }
}

bool Accounts::is_forgotten(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  return !slots_.contains(name);
}

std::size_t Accounts::open_count() const {
  const std::lock_guard lock(mutex_);
  return slots_.size();
}

std::shared_ptr<indexer::Account> Accounts::create(std::string_view name) {
  if (!is_valid_account_name(name)) {
    throw ConfigError(fmt::format(
        "\"{}\" cannot be an account's name: use lower-case letters, digits and _-+$(). after a "
        "first letter or digit",
        name));
  }
  std::filesystem::create_directories(account_folder(config_.data_dir, name));
  return find(name);
}

const SourceConfig* Accounts::source_of(std::string_view name) const {
  if (const SourceConfig* source = config_.source_of(name)) return source;
  const bool may_be_found =
      std::any_of(config_.sources.begin(), config_.sources.end(),
                  [](const SourceConfig& source) { return source.has_all_accounts; });
  const auto found = may_be_found ? registry_.source_of(name) : std::nullopt;
  return found ? config_.source_named(*found) : nullptr;
}

bool Accounts::follows_other_rules(std::string_view name) const {
  try {
    return indexer::Account::follows_other_rules(account_folder(config_.data_dir, name),
                                                 config_.index);
  } catch (const std::exception&) {
    return false;  // who opens the account says why it cannot be read
  }
}

bool Accounts::contains(std::string_view name) const {
  const auto all = names();
  return std::binary_search(all.begin(), all.end(), name);
}

std::vector<std::string> Accounts::names() const {
  std::vector<std::string> names = registry_.accounts();
  std::error_code absent;  // no folder of accounts yet: none of them
  for (const auto& entry :
       std::filesystem::directory_iterator(accounts_folder(config_.data_dir), absent)) {
    std::string name = entry.path().filename().string();
    if (is_valid_account_name(name) && is_account_folder(entry.path()))
      names.push_back(std::move(name));
  }
  for (const SourceConfig& source : config_.sources) {
    names.insert(names.end(), source.accounts.begin(), source.accounts.end());
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace api
