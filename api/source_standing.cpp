// How the follower of a source lets accounts rest, takes them up again, compares them anew and lets them go.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include "api/source_follower.hpp"
#include "api/store_upkeep.hpp"
#include "replica/workers.hpp"

namespace api {
namespace {

namespace net = boost::asio;

}  // namespace

void SourceFollower::pause(const std::string& account) {
  stop_following(account, Standing::kPaused);
}

void SourceFollower::stop_following(const std::string& account, Standing standing) {
  databases_.set_standing(account, standing);
  for (const DatabaseId id : databases_.of_account(account)) {
    looks_.forget(id);
    pulls_.forget(id);
    if (std::erase(first_pulls_, id) > 0) pulls_.done(id);
    if (const auto running = stops_.find(id); running != stops_.end()) {
      *running->second = true;
    } else {
      end_first(id);
    }
  }
  watcher_.reconsider();
}

bool SourceFollower::resume(const std::string& account) {
  if (!databases_.contains(account)) return false;
  databases_.set_standing(account, Standing::kFollowed);
  begin_first(account);
  for (const DatabaseId id : databases_.of_account(account)) looks_.urge(id, Clock::now());
  watcher_.reconsider();
  pump();
  return true;
}

net::awaitable<void> SourceFollower::let_go(std::string account) {
  stop_following(account, Standing::kRemoved);
  std::erase_if(to_record_, [&](const KnownDatabase& row) { return row.account == account; });
  const auto ids = databases_.of_account(account);
  const auto is_busy = [this, &ids] {
    return is_recording_ || std::any_of(ids.begin(), ids.end(),
                                        [this](DatabaseId id) { return pulls_.is_taken(id); });
  };
  boost::system::error_code ended;
  while (is_busy() && !is_stopping_)
    co_await turn_ended_.async_wait(net::redirect_error(net::use_awaitable, ended));
}

net::awaitable<void> SourceFollower::compare_anew(std::string account) {
  for (const DatabaseId id : databases_.of_account(account)) {
    const bool is_gone = databases_[id].state == FeedState::kGone;
    if (is_gone) continue;
    co_await take_turn(id);
    auto begin = [&accounts = parts_.accounts, account, doctype = databases_.doctype(id)] {
      if (const auto opened = accounts.find(account)) begin_sweep(*opened, doctype);
    };
    try {
      co_await replica::run_on(parts_.workers, std::move(begin));
    } catch (const std::exception& error) {
      spdlog::error("{}: cannot be compared anew: {}", databases_.name(id), error.what());
    }
    pulls_.done(id);
    turn_ended_.cancel();
    if (databases_[id].is_present) pulls_.urge(id, Clock::now());
  }
  pump();
}

void SourceFollower::retry(const std::string& account) {
  for (const DatabaseId id : databases_.of_account(account)) {
    if (databases_[id].is_present) pulls_.urge(id, Clock::now());
  }
  pump();
}

// Text of an account whose first pull is to come waits for it.
void SourceFollower::begin_first(const std::string& account) {
  for (const DatabaseId id : databases_.of_account(account)) {
    FollowedDatabase& database = databases_[id];
    if (database.seen != 0 || database.is_filling || !databases_.has_text(id)) continue;
    if (database.state == FeedState::kGone) continue;
    database.is_filling = true;
    parts_.indexing.begin_filling(account);
  }
}

}  // namespace api
