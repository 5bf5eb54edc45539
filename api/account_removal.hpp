// Removes accounts. Nothing else deletes data that cannot be rebuilt.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "api/accounts.hpp"
#include "api/replication.hpp"
#include "api/tasks.hpp"

namespace api {

// The account cannot be removed at present; the message says what to do.
struct RemovalRefused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Removes an account of a running server; all work on it is stopped first. Throws RemovalRefused,
// for example when the account is still being read after half a minute; it then stays as it was.
void remove_account(const Config& config, Accounts& accounts, Replication& replication,
                    Tasks& tasks, const std::string& name);
// The same without a server, under the account's lock. Throws indexer::AccountBusy.
void remove_account(const Config& config, const std::string& name);

// A local account that an import will fill. If the account is new and nothing was written into its
// stores, the destructor removes it again.
class AccountToFill {
 public:
  // Throws as Accounts::create, and RemovalRefused while one of that name is being removed.
  AccountToFill(const Config& config, Accounts& accounts, std::string name);
  AccountToFill(const AccountToFill&) = delete;
  AccountToFill& operator=(const AccountToFill&) = delete;
  ~AccountToFill();
  [[nodiscard]] indexer::Account& account() const { return *account_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  const Config& config_;
  Accounts& accounts_;
  const std::string name_;
  const std::filesystem::path folder_;
  const bool was_there_;
  std::shared_ptr<indexer::Account> account_;
};

// Deletes what is left of removals that were killed halfway.
void finish_removals(const std::filesystem::path& data_dir);

// Bytes of the account's files, links not followed.
[[nodiscard]] std::uint64_t bytes_of_account(const std::filesystem::path& data_dir,
                                             const std::string& name);

}  // namespace api
