// How the follower of a source lets accounts rest, takes them up again, compares them anew and lets them go.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "api/source_follower.hpp"
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

// What an earlier program knew of the account, where nothing is followed and so nothing was restored.
net::awaitable<void> SourceFollower::recall(std::string account) {
  auto read = [&registry = parts_.accounts.registry(), account] {
    return registry.databases_of(account);
  };
  const auto databases = co_await replica::run_on(parts_.workers, std::move(read));
  for (const KnownDatabase& known : databases) {
    if (known.source == source_.name) databases_.restore(known);
  }
}

// Durable when it ends: whoever is killed in a sweep, or before it, looks at these databases when it starts again.
net::awaitable<void> SourceFollower::forget_sequences(std::vector<DatabaseId> ids) {
  boost::system::error_code ended;
  while (is_recording_)
    co_await turn_ended_.async_wait(net::redirect_error(net::use_awaitable, ended));
  is_recording_ = true;
  std::vector<KnownDatabase> rows;
  for (const DatabaseId id : ids) {
    rows.push_back(databases_.known(id, std::string(kToBeCompared), "", {}));
    std::erase_if(to_record_,
                  [&](const KnownDatabase& row) { return row.name == rows.back().name; });
  }
  std::exception_ptr error;
  try {
    auto write = [&registry = parts_.accounts.registry(), rows] { registry.record(rows); };
    co_await replica::run_on(parts_.workers, std::move(write));
  } catch (...) {
    error = std::current_exception();
  }
  is_recording_ = false;
  turn_ended_.cancel();
  write_soon();
  if (error) std::rethrow_exception(error);
  for (const DatabaseId id : ids) {
    if (databases_[id].seen != 0) databases_[id].seen = unfinished_fingerprint();
  }
}

net::awaitable<std::size_t> SourceFollower::compare_anew(std::string account) {
  std::vector<DatabaseId> ids, there;
  for (const DatabaseId id : databases_.of_account(account)) {
    if (databases_[id].state == FeedState::kGone) continue;
    databases_[id].is_to_compare = true;
    ids.push_back(id);
    if (databases_[id].is_present) there.push_back(id);
  }
  std::exception_ptr error;
  try {
    co_await forget_sequences(there);
  } catch (...) {
    error = std::current_exception();
  }
  for (const DatabaseId id : ids) {
    if (error) databases_[id].is_to_compare = false;
  }
  if (error) std::rethrow_exception(error);
  for (const DatabaseId id : there) pulls_.urge(id, Clock::now());
  pump();
  co_return there.size();
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
