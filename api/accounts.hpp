// The accounts of one data folder: those that have a folder there and those that the configuration names.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "api/config.hpp"
#include "indexer/account.hpp"

namespace api {

// Opens accounts on first use and keeps them open. Any thread.
class Accounts {
 public:
  Accounts(const Config& config, replica::sqlite::Access access)
      : config_(config), access_(access) {}

  // Null when there is no such account (or its name could not be one). A configured account is created on first use when
  // access is kReadWrite. Throws indexer::AccountBusy.
  [[nodiscard]] std::shared_ptr<indexer::Account> find(std::string_view name);
  // Creates a local account's folder when it is not there. Throws ConfigError for a name that cannot be one.
  [[nodiscard]] std::shared_ptr<indexer::Account> create(std::string_view name);
  [[nodiscard]] std::vector<std::string> names() const;  // sorted

 private:
  const Config& config_;
  replica::sqlite::Access access_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<indexer::Account>, std::less<>> open_;
};

}  // namespace api
