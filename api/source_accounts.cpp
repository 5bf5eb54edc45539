// How the follower of a source pauses, resumes, compares and removes accounts.
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
    if (!pulls_.cancel(id)) end_first_pull(id);
  }
  watcher_.choose_again();
}

bool SourceFollower::resume(const std::string& account) {
  if (!databases_.contains(account)) return false;
  databases_.set_account_state(account, AccountState::kFollowed);
  for (const DatabaseId id : databases_.of_account(account)) {
    begin_first_pull(id);
    probes_.urge(id, Clock::now());
  }
  watcher_.choose_again();
  run_due();
  return true;
}

net::awaitable<void> SourceFollower::remove(std::string account) {
  suspend(account, AccountState::kRemoved);
  records_.drop(account);
  const auto ids = databases_.of_account(account);
  do {
    co_await records_.wait_until_written();
    co_await pulls_.wait_until_ended(ids);
  } while (records_.is_writing() && !is_stopping_);
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

net::awaitable<std::size_t> SourceFollower::resync(std::string account) {
  std::vector<DatabaseId> ids, there;
  for (const DatabaseId id : databases_.of_account(account)) {
    if (databases_[id].state == FeedState::kGone) continue;
    databases_[id].is_resync_pending = true;
    ids.push_back(id);
    if (databases_[id].is_present) there.push_back(id);
  }
  try {
    co_await records_.forget_sequences(there);
  } catch (...) {
    for (const DatabaseId id : ids) databases_[id].is_resync_pending = false;
    throw;
  }
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

}  // namespace api
