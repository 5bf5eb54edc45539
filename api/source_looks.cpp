// How the follower of a source learns what databases there are, and which of them moved.
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
#include "api/source_errors.hpp"
#include "api/source_follower.hpp"
#include "indexer/stores.hpp"
#include "replica/log_keeper.hpp"
#include "replica/pull.hpp"
#include "replica/resume.hpp"
#include "replica/workers.hpp"

namespace api {
namespace {

namespace net = boost::asio;

constexpr const char* kNotThere = "not there at the source";

// A source may answer for a database a moment longer than it has it (PouchDB Server does): then it is looked at once more.
constexpr std::chrono::seconds kStillRemoved{1};

}  // namespace

// Whatever moved unheard is found by its sequence.
void SourceFollower::compare_all() {
  const auto now = Clock::now();
  if (source_.has_all_accounts) next_discovery_ = now;
  for (DatabaseId id = 0; id < databases_.size(); ++id) {
    if (databases_[id].is_present || !source_.has_all_accounts) looks_.due(id, now);
  }
  pump();
}

void SourceFollower::heard(const replica::Moved& moved) {
  if (is_stopping_) return;
  if (const auto id = databases_.find(moved.database)) {
    databases_[*id].moved = Clock::now();
    databases_[*id].is_said_deleted = moved.is_deleted;
    looks_.due(*id, Clock::now());
    pump();
    return;
  }
  if (!source_.has_all_accounts || moved.is_deleted) return;
  const auto place = source_.layout.place_of(moved.database, {});
  if (place && !databases_.contains(place->account))
    net::co_spawn(parts_.context, adopt(place->account), net::detached);
}

// Its feed fails. When that is the source's fault, the look fails as well.
void SourceFollower::suspect(DatabaseId id) {
  if (is_stopping_ || !databases_.is_followed(id)) return;
  looks_.due(id, Clock::now());
  pump();
}

net::awaitable<void> SourceFollower::discover() {
  const auto asked = Clock::now();
  const bool is_told = watcher_.in_use() == Watch::kUpdates;
  bool is_done = false;
  try {
    const auto names = co_await client_.all_databases();
    answered();
    co_await compare_with(names);
    is_done = true;
  } catch (const replica::SourceError& error) {
    failed(error);
  } catch (const std::exception& error) {
    spdlog::error("source {}: {}", source_.name, error.what());
  }
  is_discovering_ = false;
  if (is_done && is_told) {
    next_discovery_.reset();
  } else {
    next_discovery_ = asked + replica::jittered(source_.poll_interval, random_);
  }
  if (failures_ > 0) next_discovery_ = asked;  // once the pause of the source is over
  pump();
}

// New accounts are followed, databases that went are marked so.
net::awaitable<void> SourceFollower::compare_with(const std::vector<std::string>& names) {
  std::set<std::string> unknown;
  for (const std::string& name : names) {
    const auto place = source_.layout.place_of(name, {});
    if (place && !databases_.contains(place->account)) unknown.insert(place->account);
  }
  for (const std::string& account : unknown) {
    if (co_await may_adopt(account)) follow(account);
  }
  std::set<DatabaseId> there;
  for (const std::string& name : names) {
    if (const auto id = databases_.find(name)) there.insert(*id);
  }
  for (DatabaseId id = 0; id < databases_.size(); ++id) {
    if (there.contains(id) && !databases_[id].is_present) looks_.due(id, Clock::now());
    if (!there.contains(id) && databases_.standing(id) != Standing::kRemoved) absent(id);
  }
}

// An account is another source's when that one lists it, or had it first.
net::awaitable<bool> SourceFollower::may_adopt(std::string account) {
  auto find = [&accounts = parts_.accounts, account] {
    const bool is_removed = accounts.registry().standing(account) == Standing::kRemoved;
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

// An account of which somebody spoke: it is followed when one of its databases is there.
net::awaitable<void> SourceFollower::adopt(std::string account) {
  std::vector<std::string> names;
  for (const mail::Doctype doctype : source_.databases_of_account())
    names.push_back(source_.layout.database(account, doctype));
  try {
    const bool is_there = !(co_await client_.databases_info(names)).empty();
    if (is_there && !databases_.contains(account)) {
      const bool is_ours = co_await may_adopt(account);
      if (is_ours) follow(account);
    }
  } catch (const replica::SourceError& error) {
    if (is_of_source(error)) failed(error);
  } catch (const std::exception& error) {
    spdlog::error("source {}: {}", source_.name, error.what());
  }
  for (const DatabaseId id : databases_.of_account(account)) looks_.urge(id, Clock::now());
  pump();
}

void SourceFollower::follow(const std::string& account) {
  if (databases_.contains(account)) return;
  log_event(Level::kInfo, "accountFound",
            fmt::format("source {}: account {} appeared", source_.name, account),
            {{"source", source_.name}, {"account", account}});
  databases_.add(account);
  begin_first(account);
}

net::awaitable<void> SourceFollower::look(std::vector<DatabaseId> ids) {
  std::vector<std::string> names;
  for (const DatabaseId id : ids) names.push_back(databases_.name(id));
  std::exception_ptr problem;
  bool is_down = false;
  std::map<std::string, replica::DatabaseInfo> infos;
  try {
    for (auto& info : co_await client_.databases_info(names))
      infos.emplace(info.name, std::move(info));
    answered();
  } catch (const replica::SourceError& error) {
    is_down = is_of_source(error);
    if (is_down) failed(error);
    problem = std::current_exception();
  } catch (const std::exception&) {
    problem = std::current_exception();
  }
  const auto now = Clock::now();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const DatabaseId id = ids[i];
    looks_.done(id);
    if (is_stopping_) continue;
    if (is_down) {
      looks_.due(id, now);
      continue;
    }
    databases_[id].looked = now;
    if (problem) {
      pulls_.due(id, now);  // each learns by itself what is wrong with it
    } else if (const auto info = infos.find(names[i]); info != infos.end()) {
      const bool may_be_another = co_await is_another(id, info->second);
      may_be_another ? pulls_.due(id, now) : found(id, info->second);
    } else {
      absent(id);
    }
    const bool is_told = watcher_.in_use() == Watch::kUpdates;
    if (!is_told) looks_.due(id, now + replica::jittered(source_.poll_interval, random_));
  }
  --looks_running_;
  pump();
}

// Deleted and made anew while nobody looked, a database may come to the sequence that it had. Once after the start, each that
// is in step and tells nothing of its life is asked for our log there; what is to be thought of the answer, the pull knows.
net::awaitable<bool> SourceFollower::is_another(DatabaseId id, replica::DatabaseInfo info) {
  const bool is_in_step =
      fingerprint(info.update_seq, info.instance_start_time) == databases_[id].seen;
  if (!is_in_step || databases_[id].is_known_life || !source_.write_checkpoints) co_return false;
  bool is_the_one = false;
  try {
    const replica::ServerInfo server = co_await client_.server_info();
    is_the_one = !replica::may_be_another(info, server.dialect);
    if (!is_the_one) is_the_one = co_await has_our_log(id);
  } catch (const std::exception& error) {
    spdlog::debug("{}: {}", databases_.name(id), error.what());
  }
  databases_[id].is_known_life = is_the_one;
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

// Read without its account, which need not be opened for it.
std::filesystem::path SourceFollower::store_file(DatabaseId id) const {
  const bool is_of_all = source_.layout.has_all_doctypes_in_one();
  const std::string name = is_of_all ? std::string(indexer::kAllDoctypes)
                                     : indexer::Stores::database_part(databases_.doctype(id));
  return account_folder(parts_.config.data_dir, databases_.account(id)) / "store" / (name + ".db");
}

void SourceFollower::found(DatabaseId id, const replica::DatabaseInfo& info) {
  FollowedDatabase& database = databases_[id];
  if (std::exchange(database.is_said_deleted, false)) looks_.due(id, Clock::now() + kStillRemoved);
  const bool is_back = database.state == FeedState::kGone;
  if (is_back) {
    log_event(Level::kInfo, "databaseBack", databases_.name(id) + ": is there again",
              {{"account", databases_.account(id)}, {"database", databases_.name(id)}});
  }
  if (!database.is_present) {
    database.is_present = true;
    watcher_.reconsider();
    if (is_back) databases_.enter(id, FeedState::kInitializing);
    remember(databases_.known(id, "", "", {}));
  }
  if (fingerprint(info.update_seq, info.instance_start_time) == database.seen) {
    if (database.state == FeedState::kInitializing) caught_up(id);
    return;
  }
  database.found = std::make_unique<replica::DatabaseInfo>(info);
  pulls_.due(id, Clock::now());
}

// What was pulled stays, and can be read.
void SourceFollower::absent(DatabaseId id) {
  FollowedDatabase& database = databases_[id];
  pulls_.forget(id);
  database.found.reset();
  database.is_to_compare = false;
  if (!database.is_present) {
    if (database.state == FeedState::kGone) return;
    if (databases_.set_error(id, std::string(kNotThere) + " yet") && !source_.has_all_accounts)
      spdlog::info("{}: {} yet", databases_.name(id), kNotThere);
    databases_.enter(id, FeedState::kWaiting);
    database.caught_up = current_time();
    end_first(id);
    return;
  }
  log_event(Level::kWarning, "databaseGone",
            databases_.name(id) + ": is gone from the source; what was pulled stays",
            {{"account", databases_.account(id)}, {"database", databases_.name(id)}});
  database.is_present = false;
  database.seen = 0;
  databases_.enter(id, FeedState::kGone);
  (void)databases_.set_error(id, std::string(kNotThere) + " any more");
  remember(databases_.known(id, "", "", {}));
  end_first(id);
}

void SourceFollower::caught_up(DatabaseId id) {
  databases_.enter(id, FeedState::kWaiting);
  FollowedDatabase& database = databases_[id];
  database.caught_up = current_time();
  database.failures = 0;
  database.last_error.reset();
}

}  // namespace api
