#include "api/account_discovery.hpp"

#include <fmt/format.h>
#include <set>
#include <spdlog/spdlog.h>
#include <utility>

#include "api/log.hpp"
#include "replica/schedule.hpp"
#include "replica/workers.hpp"

namespace api {
namespace {

namespace net = boost::asio;

}  // namespace

AccountDiscovery::AccountDiscovery(const SourceParts& parts, SourceHealth& health,
                                   std::function<void(const std::string&)> on_found)
    : parts_(parts), health_(health), on_found_(std::move(on_found)) {}

std::optional<AccountDiscovery::Clock::time_point> AccountDiscovery::next() const {
  return is_listing_ ? std::nullopt : next_;
}

bool AccountDiscovery::take(Clock::time_point now) {
  if (is_listing_ || !next_ || now < *next_) return false;
  is_listing_ = true;
  return true;
}

net::awaitable<std::optional<std::vector<std::string>>> AccountDiscovery::list(bool is_reported) {
  const auto asked = Clock::now();
  std::optional<std::vector<std::string>> names;
  try {
    auto answer = co_await parts_.client.all_databases();
    health_.on_answer();
    co_await add_accounts_of(answer);
    names = std::move(answer);
  } catch (const replica::SourceError& error) {
    health_.on_failure(error);
  } catch (const std::exception& error) {
    spdlog::error("source {}: {}", parts_.source.name, error.what());
  }
  is_listing_ = false;
  if (names && is_reported) {
    next_.reset();
  } else {
    next_ = asked + replica::jittered(parts_.source.poll_interval, random_);
  }
  if (health_.is_failing()) next_ = asked;  // once the pause of the source is over
  co_return names;
}

net::awaitable<void> AccountDiscovery::add_accounts_of(const std::vector<std::string>& names) {
  std::set<std::string> unknown;
  for (const std::string& name : names) {
    const auto place = parts_.source.layout.parse(name, {});
    if (place && !parts_.databases.contains(place->account)) unknown.insert(place->account);
  }
  for (const std::string& account : unknown) {
    const bool is_ours = co_await may_follow(account);
    if (is_ours) add(account);
  }
}

net::awaitable<void> AccountDiscovery::look_for(std::string account) {
  std::vector<std::string> names;
  for (const mail::Doctype doctype : parts_.source.databases_of_account())
    names.push_back(parts_.source.layout.database(account, doctype));
  try {
    const bool is_there = !(co_await parts_.client.databases_info(names)).empty();
    if (is_there && !parts_.databases.contains(account)) {
      const bool is_ours = co_await may_follow(account);
      if (is_ours) add(account);
    }
  } catch (const replica::SourceError& error) {
    if (is_source_failure(error)) health_.on_failure(error);
  } catch (const std::exception& error) {
    spdlog::error("source {}: {}", parts_.source.name, error.what());
  }
}

// Not if another source lists the account or had it first, or if it was removed.
net::awaitable<bool> AccountDiscovery::may_follow(std::string account) {
  auto find = [&accounts = parts_.accounts, account] {
    const bool is_removed = accounts.registry().account_state(account) == AccountState::kRemoved;
    return std::pair(accounts.source_of(account), is_removed);
  };
  const auto [owner, is_removed] = co_await replica::run_on(parts_.workers, std::move(find));
  if (is_removed) co_return false;
  if (owner != nullptr && owner != &parts_.source) {
    spdlog::warn("source {}: account {} is left out: it is in source {}", parts_.source.name,
                 account, owner->name);
    co_return false;
  }
  co_return true;
}

void AccountDiscovery::add(const std::string& account) {
  if (parts_.databases.contains(account)) return;
  log_event(Level::kInfo, "accountFound",
            fmt::format("source {}: account {} appeared", parts_.source.name, account),
            {{"source", parts_.source.name}, {"account", account}});
  parts_.databases.add(account);
  on_found_(account);
}

}  // namespace api
