// How the follower of a source learns which databases there are, and which of them changed.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fmt/format.h>
#include <map>
#include <set>
#include <spdlog/spdlog.h>
#include <utility>

#include "api/log.hpp"
#include "api/source_follower.hpp"

namespace api {
namespace {

namespace net = boost::asio;

constexpr const char* kNotAtSource = "not there at the source";

// PouchDB Server answers for a deleted database a moment longer: it is probed once more after this.
constexpr std::chrono::seconds kDeletionGrace{1};

// CouchDB does not promise that `_db_updates` has every event: databases that it does not name are probed after so many poll
// intervals. Without jitter: those that are probed by one request stay together.
constexpr int kIntervalsUnreported = 10;

}  // namespace

// Changes that no feed reported show in the update sequences.
void SourceFollower::probe_all() {
  const auto now = Clock::now();
  if (source_.has_all_accounts) discovery_.due(now);
  for (DatabaseId id = 0; id < databases_.size(); ++id) {
    if (databases_[id].is_present || !source_.has_all_accounts) probes_.due(id, now);
  }
  run_due();
}

void SourceFollower::on_feed_change(const replica::FeedEvent& moved) {
  if (is_stopping_) return;
  if (const auto id = databases_.find(moved.database)) {
    databases_[*id].moved = Clock::now();
    databases_[*id].is_reported_deleted = moved.is_deleted;
    probes_.due(*id, Clock::now());
    run_due();
    return;
  }
  if (!source_.has_all_accounts || moved.is_deleted) return;
  const auto place = source_.layout.parse(moved.database, {});
  if (place && !databases_.contains(place->account))
    net::co_spawn(parts_.context, look_for(place->account), net::detached);
}

// The probe tells whether the database or the whole source is at fault.
void SourceFollower::on_feed_failed(DatabaseId id) {
  if (is_stopping_ || !databases_.is_followed(id)) return;
  probes_.due(id, Clock::now());
  run_due();
}

net::awaitable<void> SourceFollower::discover() {
  const bool is_reported = watcher_.in_use() == Watch::kUpdates;
  const auto names = co_await discovery_.list(is_reported);
  if (names) compare_with_list(*names);
  run_due();
}

// Has databases probed that appeared, and marks those that are gone.
void SourceFollower::compare_with_list(const std::vector<std::string>& names) {
  std::set<DatabaseId> there;
  for (const std::string& name : names) {
    if (const auto id = databases_.find(name)) there.insert(*id);
  }
  for (DatabaseId id = 0; id < databases_.size(); ++id) {
    if (there.contains(id) && !databases_[id].is_present) probes_.due(id, Clock::now());
    if (!there.contains(id) && databases_.account_state(id) != AccountState::kRemoved)
      on_absent(id);
  }
}

// For an account that a feed or a caller named.
net::awaitable<void> SourceFollower::look_for(std::string account) {
  co_await discovery_.look_for(account);
  for (const DatabaseId id : databases_.of_account(account)) probes_.urge(id, Clock::now());
  run_due();
}

net::awaitable<void> SourceFollower::probe(std::vector<DatabaseId> ids) {
  std::vector<std::string> names;
  for (const DatabaseId id : ids) names.push_back(databases_.name(id));
  std::exception_ptr problem;
  bool is_down = false;
  std::map<std::string, replica::DatabaseInfo> infos;
  health_.on_request();
  try {
    for (auto& info : co_await client_.databases_info(names))
      infos.emplace(info.name, std::move(info));
  } catch (const replica::SourceError& error) {
    is_down = is_source_failure(error);
    if (is_down) health_.on_failure(error);
    problem = std::current_exception();
  } catch (const std::exception&) {
    problem = std::current_exception();
  }
  if (!is_down) health_.on_answer();
  const auto now = Clock::now();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const DatabaseId id = ids[i];
    probes_.done(id);
    if (is_stopping_) continue;
    if (is_down) {
      probes_.due(id, now);
      continue;
    }
    databases_[id].probed = now;
    if (problem) {
      pulls_.due(id, now);  // the pull of each finds out what is wrong with it
    } else if (const auto info = infos.find(names[i]); info != infos.end()) {
      const bool may_be_another = co_await identity_.may_be_recreated(id, info->second);
      may_be_another ? pulls_.due(id, now) : on_present(id, info->second);
    } else if (databases_[id].is_present) {
      // For `_dbs_info`, a database is not found also where a node is down; the pull asks for it by name.
      databases_[id].info_at_source.reset();
      pulls_.due(id, now);
    } else {
      on_absent(id);
    }
    const bool is_reported = watcher_.in_use() == Watch::kUpdates;
    probes_.due(id, now + (is_reported ? kIntervalsUnreported * source_.poll_interval
                                       : replica::jittered(source_.poll_interval, random_)));
  }
  --probes_running_;
  run_due();
}

void SourceFollower::on_present(DatabaseId id, const replica::DatabaseInfo& info) {
  FollowedDatabase& database = databases_[id];
  if (std::exchange(database.is_reported_deleted, false))
    probes_.due(id, Clock::now() + kDeletionGrace);
  const bool is_back = database.state == FeedState::kGone;
  if (is_back) {
    log_event(Level::kInfo, "databaseBack", databases_.name(id) + ": is there again",
              {{"account", databases_.account(id)}, {"database", databases_.name(id)}});
  }
  if (!database.is_present) {
    database.is_present = true;
    watcher_.choose_again();
    if (is_back) databases_.enter(id, FeedState::kInitializing);
    records_.queue(databases_.known(id, "", "", {}));
  }
  if (fingerprint(info.update_seq, info.instance_start_time) == database.seen) {
    if (database.state == FeedState::kInitializing) on_caught_up(id);
    return;
  }
  database.info_at_source = std::make_unique<replica::DatabaseInfo>(info);
  pulls_.due(id, Clock::now());
}

// What was pulled stays and can be read.
void SourceFollower::on_absent(DatabaseId id) {
  FollowedDatabase& database = databases_[id];
  pulls_.forget(id);
  database.info_at_source.reset();
  database.is_resync_pending = false;
  if (!database.is_present) {
    if (database.state == FeedState::kGone) return;
    if (databases_.set_error(id, std::string(kNotAtSource) + " yet") && !source_.has_all_accounts)
      spdlog::info("{}: {} yet", databases_.name(id), kNotAtSource);
    databases_.enter(id, FeedState::kWaiting);
    database.caught_up = Clock::now();
    end_first_pull(id);
    return;
  }
  log_event(Level::kWarning, "databaseGone",
            databases_.name(id) + ": is gone from the source; what was pulled stays",
            {{"account", databases_.account(id)}, {"database", databases_.name(id)}});
  database.is_present = false;
  database.seen = 0;
  database.greatest_seq = 0;
  databases_.enter(id, FeedState::kGone);
  (void)databases_.set_error(id, std::string(kNotAtSource) + " any more");
  records_.queue(databases_.known(id, "", "", {}));
  end_first_pull(id);
}

void SourceFollower::on_caught_up(DatabaseId id) {
  databases_.enter(id, FeedState::kWaiting);
  FollowedDatabase& database = databases_[id];
  database.caught_up = Clock::now();
  database.failures = 0;
  database.last_error.reset();
}

}  // namespace api
