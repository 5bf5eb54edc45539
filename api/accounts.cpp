#include "api/accounts.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace api {

std::shared_ptr<indexer::Account> Accounts::find(std::string_view name) {
  if (!is_valid_account_name(name)) return nullptr;
  const std::lock_guard lock(mutex_);
  if (const auto found = open_.find(name); found != open_.end()) return found->second;

  const std::filesystem::path folder = config_.data_dir / "accounts" / name;
  const bool may_create =
      access_ == replica::sqlite::Access::kReadWrite && config_.source_of(name) != nullptr;
  if (!may_create && !std::filesystem::is_directory(folder)) return nullptr;
  auto account = std::make_shared<indexer::Account>(folder, std::string(name), access_);
  open_.emplace(name, account);
  return account;
}

std::shared_ptr<indexer::Account> Accounts::create(std::string_view name) {
  if (!is_valid_account_name(name)) {
    throw ConfigError(fmt::format(
        "\"{}\" cannot be an account's name: use lower-case letters, digits and _-+$(). after a "
        "first letter or digit",
        name));
  }
  std::filesystem::create_directories(config_.data_dir / "accounts" / name);
  return find(name);
}

std::vector<std::string> Accounts::names() const {
  std::vector<std::string> names;
  std::error_code absent;  // no folder of accounts yet: none of them
  for (const auto& entry :
       std::filesystem::directory_iterator(config_.data_dir / "accounts", absent)) {
    std::string name = entry.path().filename().string();
    if (entry.is_directory() && is_valid_account_name(name)) names.push_back(std::move(name));
  }
  for (const SourceConfig& source : config_.sources) {
    names.insert(names.end(), source.accounts.begin(), source.accounts.end());
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace api
