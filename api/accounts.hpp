// The accounts of one data folder: those that have a folder there, those that the configuration
// names, and those that were found at a source.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/config.hpp"
#include "api/disk_space.hpp"
#include "api/registry.hpp"
#include "indexer/account.hpp"

namespace api {

// Opens accounts on use and closes those that were not used for a while. An account is never closed
// while a caller holds it; a closed one costs nothing. Any thread.
class Accounts {
 public:
  Accounts(const Config& config, replica::sqlite::Access access);

  // How many accounts may be open at once, as the configuration and the process's limit of file
  // handles allow.
  [[nodiscard]] static std::size_t most_open(const Config& config);

  // Null when there is no such account or the name is invalid. With kReadWrite, an account that has
  // a source is created on first use. May close other accounts when too many are open. Throws
  // indexer::AccountBusy.
  [[nodiscard]] std::shared_ptr<indexer::Account> find(std::string_view name);
  // What `read` tells of an account, which is remembered while the account stays closed: to ask for
  // the state of thousands opens each of them once, and keeps none of them open. Nothing when there
  // is no such account. Throws what `find` and `read` throw.
  [[nodiscard]] std::optional<std::string> describe(
      const std::string& name, const std::function<std::string(indexer::Account&)>& read);
  // Creates a local account's folder when it is not there. Throws ConfigError for a name that
  // cannot be one.
  [[nodiscard]] std::shared_ptr<indexer::Account> create(std::string_view name);
  [[nodiscard]] std::vector<std::string> names() const;  // sorted
  [[nodiscard]] bool contains(std::string_view name) const;  // whether it is among the names
  // Whether lists and index of the account were made by other rules than the configuration has.
  // Opens nothing.
  [[nodiscard]] bool follows_other_rules(std::string_view name) const;
  // The source that the account is pulled from: the one whose configuration names it, or where it
  // was found. Null for a local account.
  [[nodiscard]] const SourceConfig* source_of(std::string_view name) const;

  // While this guard lives, `find` returns null for that account.
  class Retired {
   public:
    Retired(Accounts& accounts, std::string name);
    Retired(const Retired&) = delete;
    Retired& operator=(const Retired&) = delete;
    ~Retired();
    // Waits until no caller holds the account, and closes it. False when one still does after
    // `timeout`.
    [[nodiscard]] bool wait_closed(std::chrono::milliseconds timeout);

   private:
    Accounts& accounts_;
    const std::string name_;
  };

  // The member that tells doctypes apart, where the account's source has one database for all of
  // them.
  [[nodiscard]] std::optional<std::string> doctype_member_of(std::string_view name) const;

  // Closes accounts that were not used for `account_idle`. Call it from time to time.
  void close_idle();
  [[nodiscard]] std::size_t open_count() const;

  [[nodiscard]] Registry& registry() { return registry_; }
  [[nodiscard]] DiskSpace& disk() { return disk_; }

  // How often `find` had the account open already, and how often it opened it.
  struct Opens {
    std::uint64_t hits = 0, misses = 0;
  };
  [[nodiscard]] Opens opens() const { return {hits_, misses_}; }

 private:
  using Clock = std::chrono::steady_clock;
  // An account's place; `mutex` is held while it is opened or closed, so that its folder's lock is
  // released before it is taken again.
  struct Slot {
    std::mutex mutex;
    std::shared_ptr<indexer::Account> account;
    Clock::time_point used{};
  };

  [[nodiscard]] std::shared_ptr<indexer::Account> open(std::string_view name) const;
  [[nodiscard]] std::vector<std::pair<Clock::time_point, std::shared_ptr<Slot>>> by_last_use()
      const;
  [[nodiscard]] bool close(Slot& slot);  // false when it is in use

  void close_surplus();  // the longest unused, down to most_open()
  void close_unused(const std::string& name);  // unless somebody holds it
  void forget_closed();
  [[nodiscard]] bool is_forgotten(std::string_view name) const;

  const Config& config_;
  replica::sqlite::Access access_;
  Registry registry_;
  DiskSpace disk_;
  std::atomic<std::uint64_t> hits_{0}, misses_{0};
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Slot>, std::less<>> slots_;
  std::set<std::string, std::less<>> retired_;
  std::map<std::string, std::string, std::less<>> described_;  // accounts that are closed
};

}  // namespace api
