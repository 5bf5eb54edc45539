// Finds the accounts of a source that is followed as a whole: by its list of databases, at intervals,
// and by name when a feed or a caller names one.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "api/source_health.hpp"
#include "api/source_parts.hpp"

namespace api {

// Members are called on the context's thread.
class AccountDiscovery {
 public:
  using Clock = std::chrono::steady_clock;

  // `on_found` is called for each new account, after it was added to the followed databases.
  AccountDiscovery(const SourceParts& parts, SourceHealth& health,
                   std::function<void(const std::string& account)> on_found);

  void due(Clock::time_point when) { next_ = when; }  // the list of databases
  // When the list is due next; nothing while it is under way, or when it is not wanted again.
  [[nodiscard]] std::optional<Clock::time_point> next() const;
  // True when the list is due: then it counts as under way, and the caller calls `list`.
  [[nodiscard]] bool take(Clock::time_point now);
  [[nodiscard]] bool is_listing() const { return is_listing_; }
  // Asks for the names of all databases, and adds new accounts. Nothing when that fails. With
  // `is_reported`, feeds report new accounts from now on, and the list is not wanted again.
  [[nodiscard]] boost::asio::awaitable<std::optional<std::vector<std::string>>> list(
      bool is_reported);
  // Adds the account if one of its databases is at the source.
  [[nodiscard]] boost::asio::awaitable<void> look_for(std::string account);

 private:
  [[nodiscard]] boost::asio::awaitable<void> add_accounts_of(const std::vector<std::string>& names);
  [[nodiscard]] boost::asio::awaitable<bool> may_follow(std::string account);
  void add(const std::string& account);

  const SourceParts parts_;
  SourceHealth& health_;
  const std::function<void(const std::string&)> on_found_;
  bool is_listing_ = false;
  std::optional<Clock::time_point> next_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace api
