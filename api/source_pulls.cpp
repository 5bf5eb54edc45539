// How the follower of a source pulls a database.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fmt/format.h>

#include "api/log.hpp"
#include "api/source_follower.hpp"
#include "indexer/progress.hpp"

namespace api {
namespace {

namespace net = boost::asio;

std::uint8_t saturating_increment(std::uint8_t failures) {
  return failures == UINT8_MAX ? failures : static_cast<std::uint8_t>(failures + 1);
}

}  // namespace

// What waited for news had everything until now, or until the source fell silent.
void SourceFollower::enter_running(DatabaseId id) {
  FollowedDatabase& database = databases_[id];
  if (database.state == FeedState::kWaiting)
    database.caught_up = Clock::now() - health_.time_silent();
  databases_.enter(id, FeedState::kRunning);
}

net::awaitable<void> SourceFollower::pull(DatabaseId id) {
  std::exception_ptr error;
  PullResult result;
  enter_running(id);
  try {
    result = co_await puller_.pull(id, {});
  } catch (...) {
    error = std::current_exception();
  }
  error ? on_pull_failed(id, error) : on_pulled(id, result);
  pulls_.end(id);
  run_due();
}

void SourceFollower::on_pulled(DatabaseId id, const PullResult& pulled) {
  health_.on_answer();
  if (pulled.summary.documents > 0 || pulled.summary.quarantined > 0) {
    log_event(Level::kInfo, "pulled",
              fmt::format("{}: {} documents pulled, {} quarantined", databases_.name(id),
                          pulled.summary.documents, pulled.summary.quarantined),
              {{"account", databases_.account(id)},
               {"database", databases_.name(id)},
               {"documents", std::to_string(pulled.summary.documents)},
               {"quarantined", std::to_string(pulled.summary.quarantined)}});
  }
  databases_[id].info_at_source.reset();
  end_first_pull(id);
  if (databases_[id].state == FeedState::kGone) return;
  on_caught_up(id);
  if (pulled.next_attempt) {
    const auto wait = *pulled.next_attempt - std::chrono::system_clock::now();
    pulls_.due(id, Clock::now() + std::chrono::duration_cast<Clock::duration>(wait));
  }
}

void SourceFollower::on_pull_failed(DatabaseId id, const std::exception_ptr& error) {
  if (is_stopping_) return;
  FollowedDatabase& database = databases_[id];
  database.info_at_source.reset();
  std::string reason;
  bool is_sources = false;
  std::optional<std::chrono::seconds> retry_after;
  try {
    std::rethrow_exception(error);
  } catch (const replica::PullStopped&) {
    return on_pull_cancelled(id);
  } catch (const indexer::Cancelled&) {
    return on_pull_cancelled(id);
  } catch (const replica::SourceError& failure) {
    if (failure.kind() == replica::SourceError::Kind::kNotFound) {
      health_.on_answer();
      on_absent(id);
      return;
    }
    reason = failure.what();
    retry_after = failure.retry_after();
    is_sources = is_source_failure(failure);
    is_sources ? health_.on_failure(failure) : health_.on_answer();
  } catch (const std::exception& failure) {
    reason = failure.what();
    if (parts_.accounts.disk().note(failure)) {
      databases_.enter(id, FeedState::kCrashing);
      (void)databases_.set_error(id, reason);
      pulls_.due(id, Clock::now());
      return;
    }
  }
  databases_.enter(id, FeedState::kCrashing);
  database.failures = saturating_increment(database.failures);
  const auto pause = replica::backoff_pause(database.failures, retry_after, random_);
  const bool is_news = databases_.set_error(id, reason);
  if (is_news && !is_sources) {
    log_event(Level::kWarning, "pullFailed",
              fmt::format("{}: {}{}", databases_.name(id), reason, health_.retry_hint(pause)),
              {{"account", databases_.account(id)},
               {"database", databases_.name(id)},
               {"error", reason}});
  }
  pulls_.put_off(id, Clock::now() + pause);
}

// Paused, removed or stopped during the pull: a later pull goes on.
void SourceFollower::on_pull_cancelled(DatabaseId id) {
  databases_.enter(id, FeedState::kInitializing);
  end_first_pull(id);
}

// Makes indexing of text wait for a database that was never pulled. Not for one that is gone: the
// wait would not end.
void SourceFollower::begin_first_pull(DatabaseId id) {
  FollowedDatabase& database = databases_[id];
  if (database.seen != 0 || database.is_filling || !databases_.has_text(id)) return;
  if (database.state == FeedState::kGone) return;
  database.is_filling = true;
  parts_.indexing.begin_filling(databases_.account(id));
}

// Indexing of text no longer waits for this database.
void SourceFollower::end_first_pull(DatabaseId id) {
  if (std::exchange(databases_[id].is_filling, false))
    parts_.indexing.end_filling(databases_.account(id));
}

net::awaitable<std::vector<SyncedDatabase>> SourceFollower::sync(
    std::string account, std::function<void(const replica::PullSummary&)> on_commit,
    bool resync_first) {
  if (!databases_.contains(account)) co_await look_for(account);
  if (!is_started_) co_await restore_account(account);
  if (resync_first) co_await resync(account);
  if (!databases_.contains(account) && health_.is_failing())
    throw replica::SourceError(replica::SourceError::Kind::kNetwork, 0, health_.last_error());
  const auto ids = databases_.of_account(account);
  std::vector<SyncedDatabase> outcomes(ids.size());
  std::size_t left = ids.size();
  AsyncCondition all_ended(parts_.context);
  std::exception_ptr failure;
  const auto one_ended = [&left, &all_ended, &failure](const std::exception_ptr& error) {
    if (error) failure = error;
    if (--left == 0) all_ended.notify_all();
  };
  for (std::size_t i = 0; i < ids.size(); ++i)
    net::co_spawn(parts_.context, sync_database(ids[i], on_commit, outcomes[i]), one_ended);
  while (left > 0) co_await all_ended.wait();
  if (failure) std::rethrow_exception(failure);
  co_return outcomes;
}

// A node of a cluster that may be behind another gets some seconds to catch up.
net::awaitable<PullResult> SourceFollower::pull_for_sync(DatabaseId id, PullOptions options) {
  constexpr std::chrono::seconds kFirstPause{1}, kLongestPause{4};
  replica::PullSummary sum;
  bool has_moved = false;
  for (auto pause = kFirstPause;; pause *= 2) {
    // Asked for again, so that the pull covers everything up to now.
    databases_[id].info_at_source.reset();
    PullResult result = co_await puller_.pull(id, options);
    add(sum, result.summary);
    result.summary = sum;
    has_moved = has_moved || result.has_moved;
    const bool may_be_behind = sum.feed_end == replica::FeedEnd::kBehind ||
                               (sum.feed_end == replica::FeedEnd::kEarly && has_moved);
    if (!may_be_behind || pause > kLongestPause) co_return result;
    co_await client_.pause(pause);
  }
}

net::awaitable<void> SourceFollower::sync_database(
    DatabaseId id, std::function<void(const replica::PullSummary&)> on_commit,
    SyncedDatabase& outcome) {
  outcome.name = databases_.name(id);
  try {
    co_await pulls_.claim(id);
  } catch (const replica::SourceError&) {
    outcome.error = std::current_exception();
    co_return;
  }
  const auto began = Clock::now();
  PullOptions options;
  options.retries_all = true;
  options.is_indexed = false;
  options.on_commit = std::move(on_commit);
  enter_running(id);
  try {
    const PullResult result = co_await pull_for_sync(id, std::move(options));
    on_pulled(id, result);
    outcome.pulled = result.summary;
  } catch (...) {
    outcome.error = std::current_exception();
  }
  if (outcome.error) {
    on_pull_failed(id, outcome.error);
    const auto state = databases_[id].state;
    outcome.is_absent = !databases_[id].is_present && state != FeedState::kCrashing &&
                        state != FeedState::kInitializing;
    // Only the messages' database must be there: mail without mailboxes, contents or files is mail.
    if (outcome.is_absent && !databases_.is_required(id)) outcome.error = nullptr;
  }
  outcome.duration = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
  pulls_.end(id);
  run_due();
}

}  // namespace api
