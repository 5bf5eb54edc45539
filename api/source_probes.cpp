// How the follower of a source learns which databases there are, and which of them changed.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fmt/format.h>
#include <map>
#include <set>
#include <spdlog/spdlog.h>
#include <utility>

#include "api/clock.hpp"
#include "api/data_folder.hpp"
#include "api/log.hpp"
#include "api/source_follower.hpp"
#include "indexer/stores.hpp"
#include "replica/log_keeper.hpp"
#include "replica/pull.hpp"
#include "replica/resume.hpp"
#include "replica/workers.hpp"

namespace api {
namespace {

namespace net = boost::asio;

constexpr const char* kNotAtSource = "not there at the source";

// PouchDB Server answers for a deleted database a moment longer: it is probed once more after this.
constexpr std::chrono::seconds kDeletionGrace{1};

}  // namespace

// Changes that no feed reported show in the update sequences.
void SourceFollower::probe_all() {
  const auto now = Clock::now();
  if (source_.has_all_accounts) next_discovery_ = now;
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
    net::co_spawn(parts_.context, follow_if_present(place->account), net::detached);
}

// The probe tells whether the database or the whole source is at fault.
void SourceFollower::on_feed_failed(DatabaseId id) {
  if (is_stopping_ || !databases_.is_followed(id)) return;
  probes_.due(id, Clock::now());
  run_due();
}

net::awaitable<void> SourceFollower::discover() {
  const auto asked = Clock::now();
  const bool is_reported = watcher_.in_use() == Watch::kUpdates;
  bool is_done = false;
  try {
    const auto names = co_await client_.all_databases();
    health_.on_answer();
    co_await apply_database_list(names);
    is_done = true;
  } catch (const replica::SourceError& error) {
    health_.on_failure(error);
  } catch (const std::exception& error) {
    spdlog::error("source {}: {}", source_.name, error.what());
  }
  is_discovering_ = false;
  if (is_done && is_reported) {
    next_discovery_.reset();
  } else {
    next_discovery_ = asked + replica::jittered(source_.poll_interval, random_);
  }
  if (health_.is_failing()) next_discovery_ = asked;  // once the pause of the source is over
  run_due();
}

// Follows new accounts, and marks databases that are gone.
net::awaitable<void> SourceFollower::apply_database_list(const std::vector<std::string>& names) {
  std::set<std::string> unknown;
  for (const std::string& name : names) {
    const auto place = source_.layout.parse(name, {});
    if (place && !databases_.contains(place->account)) unknown.insert(place->account);
  }
  for (const std::string& account : unknown) {
    if (co_await may_follow(account)) follow(account);
  }
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

// Not if another source lists the account or had it first, or if it was removed.
net::awaitable<bool> SourceFollower::may_follow(std::string account) {
  auto find = [&accounts = parts_.accounts, account] {
    const bool is_removed = accounts.registry().account_state(account) == AccountState::kRemoved;
    return std::pair(accounts.source_of(account), is_removed);
  };
  const auto [owner, is_removed] = co_await replica::run_on(parts_.workers, std::move(find));
  if (is_removed) co_return false;
  if (owner != nullptr && owner != &source_) {
    spdlog::warn("source {}: account {} is left out: it is in source {}", source_.name, account,
                 owner->name);
    co_return false;
  }
  co_return true;
}

// For an account that a feed or a caller named: follows it if one of its databases is there.
net::awaitable<void> SourceFollower::follow_if_present(std::string account) {
  std::vector<std::string> names;
  for (const mail::Doctype doctype : source_.databases_of_account())
    names.push_back(source_.layout.database(account, doctype));
  try {
    const bool is_there = !(co_await client_.databases_info(names)).empty();
    if (is_there && !databases_.contains(account)) {
      const bool is_ours = co_await may_follow(account);
      if (is_ours) follow(account);
    }
  } catch (const replica::SourceError& error) {
    if (is_source_failure(error)) health_.on_failure(error);
  } catch (const std::exception& error) {
    spdlog::error("source {}: {}", source_.name, error.what());
  }
  for (const DatabaseId id : databases_.of_account(account)) probes_.urge(id, Clock::now());
  run_due();
}

void SourceFollower::follow(const std::string& account) {
  if (databases_.contains(account)) return;
  log_event(Level::kInfo, "accountFound",
            fmt::format("source {}: account {} appeared", source_.name, account),
            {{"source", source_.name}, {"account", account}});
  databases_.add(account);
  begin_first_pulls(account);
}

net::awaitable<void> SourceFollower::probe(std::vector<DatabaseId> ids) {
  std::vector<std::string> names;
  for (const DatabaseId id : ids) names.push_back(databases_.name(id));
  std::exception_ptr problem;
  bool is_down = false;
  std::map<std::string, replica::DatabaseInfo> infos;
  try {
    for (auto& info : co_await client_.databases_info(names))
      infos.emplace(info.name, std::move(info));
    health_.on_answer();
  } catch (const replica::SourceError& error) {
    is_down = is_source_failure(error);
    if (is_down) health_.on_failure(error);
    problem = std::current_exception();
  } catch (const std::exception&) {
    problem = std::current_exception();
  }
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
      const bool may_be_another = co_await may_be_recreated(id, info->second);
      may_be_another ? pulls_.due(id, now) : on_present(id, info->second);
    } else {
      on_absent(id);
    }
    const bool is_reported = watcher_.in_use() == Watch::kUpdates;
    if (!is_reported) probes_.due(id, now + replica::jittered(source_.poll_interval, random_));
  }
  --probes_running_;
  run_due();
}

// A database that was deleted and made again while davenport was down may have the sequence that it
// had before. So once after the start, where the source's answer does not tell such databases apart,
// our replication log is asked for there. If that is not clear, the pull finds out.
net::awaitable<bool> SourceFollower::may_be_recreated(DatabaseId id, replica::DatabaseInfo info) {
  const bool is_in_step =
      fingerprint(info.update_seq, info.instance_start_time) == databases_[id].seen;
  if (!is_in_step || databases_[id].is_identity_verified || !source_.write_checkpoints)
    co_return false;
  bool is_the_one = false;
  try {
    const replica::ServerInfo server = co_await client_.server_info();
    is_the_one = !replica::may_be_another(info, server.dialect);
    if (!is_the_one) is_the_one = co_await has_our_log(id);
  } catch (const std::exception& error) {
    spdlog::debug("{}: {}", databases_.name(id), error.what());
  }
  databases_[id].is_identity_verified = is_the_one;
  co_return !is_the_one;
}

net::awaitable<bool> SourceFollower::has_our_log(DatabaseId id) {
  auto open = [file = store_file(id)] {
    return std::make_unique<replica::Store>(file, replica::sqlite::Access::kReadOnly);
  };
  const auto store = co_await replica::run_on(parts_.workers, std::move(open));
  replica::PullContext context{client_, databases_.name(id), *store, parts_.workers, {}};
  replica::LogKeeper log(context);
  log.begin_session({});
  const replica::LogVerdict verdict = co_await log.compare_with_source();
  co_return verdict.source == replica::LogVerdict::Source::kContinues;
}

// So that the store can be read without opening its account.
std::filesystem::path SourceFollower::store_file(DatabaseId id) const {
  const bool is_of_all = source_.layout.has_all_doctypes_in_one();
  const std::string name = is_of_all ? std::string(indexer::kAllDoctypes)
                                     : indexer::Stores::database_part(databases_.doctype(id));
  return account_folder(parts_.config.data_dir, databases_.account(id)) / "store" / (name + ".db");
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
    database.caught_up = current_time();
    end_first_pull(id);
    return;
  }
  log_event(Level::kWarning, "databaseGone",
            databases_.name(id) + ": is gone from the source; what was pulled stays",
            {{"account", databases_.account(id)}, {"database", databases_.name(id)}});
  database.is_present = false;
  database.seen = 0;
  databases_.enter(id, FeedState::kGone);
  (void)databases_.set_error(id, std::string(kNotAtSource) + " any more");
  records_.queue(databases_.known(id, "", "", {}));
  end_first_pull(id);
}

void SourceFollower::on_caught_up(DatabaseId id) {
  databases_.enter(id, FeedState::kWaiting);
  FollowedDatabase& database = databases_[id];
  database.caught_up = current_time();
  database.failures = 0;
  database.last_error.reset();
}

}  // namespace api
