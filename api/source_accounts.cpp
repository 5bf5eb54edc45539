// How the follower of a source pauses, resumes, compares and removes accounts.
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

void SourceFollower::pause(const std::string& account) { suspend(account, AccountState::kPaused); }

void SourceFollower::suspend(const std::string& account, AccountState state) {
  databases_.set_account_state(account, state);
  for (const DatabaseId id : databases_.of_account(account)) {
    probes_.forget(id);
    pulls_.forget(id);
    if (std::erase(first_pulls_, id) > 0) pulls_.done(id);
    if (const auto running = stops_.find(id); running != stops_.end()) {
      *running->second = true;
    } else {
      end_first_pull(id);
    }
  }
  watcher_.choose_again();
}

bool SourceFollower::resume(const std::string& account) {
  if (!databases_.contains(account)) return false;
  databases_.set_account_state(account, AccountState::kFollowed);
  begin_first_pulls(account);
  for (const DatabaseId id : databases_.of_account(account)) probes_.urge(id, Clock::now());
  watcher_.choose_again();
  run_due();
  return true;
}

net::awaitable<void> SourceFollower::remove(std::string account) {
  suspend(account, AccountState::kRemoved);
  std::erase_if(to_record_, [&](const KnownDatabase& row) { return row.account == account; });
  const auto ids = databases_.of_account(account);
  const auto is_busy = [this, &ids] {
    return is_recording_ || std::any_of(ids.begin(), ids.end(),
                                        [this](DatabaseId id) { return pulls_.is_taken(id); });
  };
  boost::system::error_code ended;
  while (is_busy() && !is_stopping_)
    co_await work_ended_.async_wait(net::redirect_error(net::use_awaitable, ended));
}

// For a `sync` without `start`: takes over what the registry knows of the account.
net::awaitable<void> SourceFollower::restore_account(std::string account) {
  auto read = [&registry = parts_.accounts.registry(), account] {
    return registry.databases_of(account);
  };
  const auto databases = co_await replica::run_on(parts_.workers, std::move(read));
  for (const KnownDatabase& known : databases) {
    if (known.source == source_.name) databases_.restore(known);
  }
}

// Durable when it ends, so that after a kill before or during the sweep the next start pulls these
// databases.
net::awaitable<void> SourceFollower::forget_sequences(std::vector<DatabaseId> ids) {
  boost::system::error_code ended;
  while (is_recording_)
    co_await work_ended_.async_wait(net::redirect_error(net::use_awaitable, ended));
  is_recording_ = true;
  std::vector<KnownDatabase> rows;
  for (const DatabaseId id : ids) {
    rows.push_back(databases_.known(id, std::string(kResyncPending), "", {}));
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
  work_ended_.cancel();
  start_recording();
  if (error) std::rethrow_exception(error);
  for (const DatabaseId id : ids) {
    if (databases_[id].seen != 0) databases_[id].seen = resync_fingerprint();
  }
}

net::awaitable<std::size_t> SourceFollower::resync(std::string account) {
  std::vector<DatabaseId> ids, there;
  for (const DatabaseId id : databases_.of_account(account)) {
    if (databases_[id].state == FeedState::kGone) continue;
    databases_[id].is_resync_pending = true;
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
    if (error) databases_[id].is_resync_pending = false;
  }
  if (error) std::rethrow_exception(error);
  for (const DatabaseId id : there) pulls_.urge(id, Clock::now());
  run_due();
  co_return there.size();
}

void SourceFollower::retry(const std::string& account) {
  for (const DatabaseId id : databases_.of_account(account)) {
    if (databases_[id].is_present) pulls_.urge(id, Clock::now());
  }
  run_due();
}

// Makes indexing of text wait for databases that were never pulled.
void SourceFollower::begin_first_pulls(const std::string& account) {
  for (const DatabaseId id : databases_.of_account(account)) {
    FollowedDatabase& database = databases_[id];
    if (database.seen != 0 || database.is_filling || !databases_.has_text(id)) continue;
    if (database.state == FeedState::kGone) continue;
    database.is_filling = true;
    parts_.indexing.begin_filling(account);
  }
}

}  // namespace api
