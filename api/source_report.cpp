// Reports of the follower of a source.
#include <algorithm>

#include "api/clock.hpp"
#include "api/source_follower.hpp"

namespace api {
namespace {

// An account counts as active for this long after it changed or was read.
constexpr std::chrono::minutes kActive{10};

bool was_caught_up(const FollowedDatabase& database) {
  return database.caught_up != std::chrono::steady_clock::time_point{};
}

// What waits for news has everything while the source answers, and nobody knows since it fell silent. Else since the database had
// everything; if it never had since the start, since it entered its state.
std::chrono::seconds lag_of(const FollowedDatabase& database, bool is_followed,
                            std::chrono::seconds time_silent) {
  constexpr std::chrono::seconds kNotLookedAt{1};
  if (database.state == FeedState::kWaiting && is_followed) return time_silent;
  if (!was_caught_up(database)) return std::max(current_time() - database.since, kNotLookedAt);
  return std::chrono::floor<std::chrono::seconds>(std::chrono::steady_clock::now() -
                                                  database.caught_up);
}

// The databases of an account have consecutive ids.
std::array<LagReport, kAccountClasses.size()> lags_by_class(const FollowedDatabases& databases,
                                                            std::chrono::seconds time_silent) {
  std::array<LagReport, kAccountClasses.size()> all{};
  const auto active_since = std::chrono::steady_clock::now() - kActive;
  const std::string* account = nullptr;
  LagReport* lags = nullptr;
  std::chrono::seconds lag{0};
  const auto end_account = [&] {
    if (lags == nullptr) return;
    ++lags->accounts;
    lags->most = std::max(lags->most, lag);
    for (std::size_t i = 0; i < kLagBounds.size(); ++i) {
      if (lag > kLagBounds[i]) ++lags->behind[i];
    }
    lags = nullptr;
    lag = {};
  };
  for (DatabaseId id = 0; id < databases.size(); ++id) {
    const FollowedDatabase& database = databases[id];
    if (databases.account_state(id) == AccountState::kRemoved || database.state == FeedState::kGone)
      continue;
    if (account != &databases.account(id)) {
      end_account();
      account = &databases.account(id);
      const auto which = !databases.is_followed(id)       ? AccountClass::kPaused
                         : database.moved >= active_since ? AccountClass::kActive
                                                          : AccountClass::kIdle;
      lags = &all[static_cast<std::size_t>(which)];
    }
    lags->documents += database.pending;
    lag = std::max(lag, lag_of(database, databases.is_followed(id), time_silent));
  }
  end_account();
  return all;
}

}  // namespace

std::string_view account_class_name(AccountClass which) {
  switch (which) {
    case AccountClass::kActive:
      return "active";
    case AccountClass::kIdle:
      return "idle";
    case AccountClass::kPaused:
      break;
  }
  return "paused";
}

// While the source is down, all of its databases are crashing, except those that are not asked for.
FeedState SourceFollower::state_of(DatabaseId id) const {
  const FeedState state = databases_.state(id);
  const bool is_apart = state == FeedState::kGone || state == FeedState::kPaused;
  return !health_.is_failing() || is_apart ? state : FeedState::kCrashing;
}

FeedReport SourceFollower::feed(DatabaseId id) const {
  FeedReport report = databases_.report(id);
  const FollowedDatabase& database = databases_[id];
  if (was_caught_up(database) || database.seen != 0)
    report.lag = lag_of(database, databases_.is_followed(id), health_.time_silent());
  if (state_of(id) == report.state) return report;
  report.state = state_of(id);
  report.last_error = health_.last_error();
  return report;
}

std::vector<FeedReport> SourceFollower::feeds() const {
  std::vector<FeedReport> reports;
  reports.reserve(databases_.size());
  for (DatabaseId id = 0; id < databases_.size(); ++id) {
    if (databases_.account_state(id) != AccountState::kRemoved) reports.push_back(feed(id));
  }
  return reports;
}

std::vector<FeedReport> SourceFollower::feeds_of(const std::string& account) const {
  std::vector<FeedReport> reports;
  for (const DatabaseId id : databases_.of_account(account)) reports.push_back(feed(id));
  return reports;
}

SourceReport SourceFollower::report() const {
  SourceReport report;
  report.name = source_.name;
  report.url = source_.address.url;
  report.since = health_.since();
  report.last_error = health_.last_error();
  report.watch = watcher_.in_use();
  report.open_feeds = watcher_.open_feeds();
  report.accounts = databases_.account_count();
  report.pulls = pulls_.running();
  report.probes_due = probes_.size();
  report.pulls_due = pulls_.waiting();
  const auto time_silent = health_.time_silent();
  report.lags = lags_by_class(databases_, time_silent);
  for (DatabaseId id = 0; id < databases_.size(); ++id) {
    if (databases_.account_state(id) == AccountState::kRemoved) continue;
    const FollowedDatabase& database = databases_[id];
    ++report.databases[static_cast<std::size_t>(state_of(id))];
    report.quarantined += database.quarantined;
    const bool is_due = pulls_.is_due(id) || pulls_.is_taken(id) || probes_.is_taken(id);
    const bool is_waiting = database.state == FeedState::kWaiting;
    if (is_waiting && !is_due && !health_.is_failing()) ++report.idle;
    if (database.state == FeedState::kGone || !databases_.is_followed(id)) continue;
    report.lag = std::max(report.lag, lag_of(database, true, time_silent));
  }
  // A source that has none of our databases is waited for as well.
  const bool is_looked_at =
      health_.has_answered() &&
      report.databases[static_cast<std::size_t>(FeedState::kInitializing)] == 0;
  report.state = health_.is_failing()              ? FeedState::kCrashing
                 : pulls_.running() > 0            ? FeedState::kRunning
                 : report.idle > 0 || is_looked_at ? FeedState::kWaiting
                                                   : FeedState::kInitializing;
  return report;
}

}  // namespace api
