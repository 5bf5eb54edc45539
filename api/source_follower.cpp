#include "api/source_follower.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fmt/format.h>

#include "api/clock.hpp"
#include "api/log.hpp"
#include "replica/tuning.hpp"

namespace api {
namespace {

namespace net = boost::asio;

// At least this long between two probes, or two pulls, of one database, so that a burst of changes is
// pulled at once.
constexpr std::chrono::milliseconds kMinInterval{200};
constexpr std::size_t kProbesAtOnce = 2;  // requests
constexpr std::size_t kDatabasesPerProbe = 100;  // 2 ms of the server's time each
// An account that is read is probed again when the last probe is this old.
constexpr std::chrono::seconds kFreshForReaders{10};

replica::ClientLimits limits_of(const SourceConfig& source) {
  replica::ClientLimits limits;
  limits.connections = source.max_connections;
  return limits;
}

}  // namespace

SourceFollower::SourceFollower(ReplicationParts parts, const SourceConfig& source)
    : source_(source),
      client_(parts.context.get_executor(), source.address, {}, limits_of(source)),
      health_(source.name),
      databases_(source),
      parts_{parts, source_, client_, databases_},
      records_(parts_),
      watcher_(client_, source, databases_, parts.context.get_executor(),
               {[this](const replica::FeedEvent& moved) { on_feed_change(moved); },
                [this] { probe_all(); },
                [this](const replica::SourceError& error) { health_.on_failure(error); },
                [this](DatabaseId id) { on_feed_failed(id); },
                [this](std::size_t most) { return most_active(most); }}),
      discovery_(parts_, health_,
                 [this](const std::string& account) {
                   for (const DatabaseId id : databases_.of_account(account)) begin_first_pull(id);
                 }),
      identity_(parts_),
      probes_(kMinInterval),
      pulls_(parts.context, databases_, kMinInterval),
      puller_(parts_, pulls_, records_),
      timer_(parts.context) {
  for (const std::string& account : source.accounts) databases_.add(account);
}

void SourceFollower::restore() {
  const auto now = Clock::now();
  const auto clock = current_time();
  parts_.accounts.registry().each_database(source_.name, [&](const KnownDatabase& known) {
    if (source_.has_all_accounts) databases_.add(known.account);
    databases_.restore(known);
    const auto id = databases_.find(known.name);
    if (!id || !known.next_attempt || known.is_gone) return;
    const auto wait = *known.next_attempt - clock;
    // The clock was ahead when a longer one was recorded.
    pulls_.due(*id, wait > replica::tuning::kLongestRetry ? now : now + wait);
  });
  for (const auto& [account, state] : parts_.accounts.registry().account_states())
    databases_.set_account_state(account, state);
  for (DatabaseId id = 0; id < databases_.size(); ++id) {
    // Of a source whose accounts are all followed, only what is known to be there is probed.
    const bool is_probed = databases_[id].is_present || !source_.has_all_accounts;
    if (is_probed && databases_.is_followed(id)) begin_first_pull(id);
  }
}

void SourceFollower::start() {
  is_started_ = true;
  health_.start();
  net::co_spawn(parts_.context, watcher_.run(), [this](const std::exception_ptr& error) {
    if (!error || is_stopping_) return;
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& reason) {
      log_event(Level::kError, "watchEnded",
                fmt::format("source {}: its changes are not watched any more, only looked for: {}",
                            source_.name, reason.what()),
                {{"source", source_.name}});
    }
  });
  run_due();
}

void SourceFollower::stop() {
  is_stopping_ = true;
  health_.stop();
  records_.stop();
  timer_.cancel();
  pulls_.stop();
  watcher_.stop();
  client_.close();
}

bool SourceFollower::wake(const std::string& account) {
  const auto now = Clock::now();
  if (databases_.contains(account)) {
    for (const DatabaseId id : databases_.of_account(account)) {
      if (!databases_.is_followed(id)) return false;
      databases_[id].moved = now;
      probes_.urge(id, now);
      if (pulls_.is_due(id)) pulls_.urge(id, now);
    }
    run_due();
    return true;
  }
  if (!source_.has_all_accounts || !is_valid_account_name(account)) return false;
  net::co_spawn(parts_.context, look_for(account), net::detached);
  return true;
}

void SourceFollower::mark_used(const std::string& account) {
  const auto now = Clock::now();
  for (const DatabaseId id : databases_.of_account(account)) {
    databases_[id].moved = now;
    const bool is_told = watcher_.in_use() == Watch::kUpdates;
    if (!is_told && now - databases_[id].probed > kFreshForReaders) probes_.due(id, now);
  }
  run_due();
}

void SourceFollower::run_due() {
  if (!is_started_ || is_stopping_) return;
  const auto now = Clock::now();
  if (now >= health_.paused_until()) {
    if (may_send() && discovery_.take(now))
      net::co_spawn(parts_.context, discover(), net::detached);
    start_probes(now);
    start_pulls(now);
  }
  arm_timer();
}

// After a failure, one request at a time tries the source.
bool SourceFollower::may_send() const {
  return !health_.is_failing() ||
         (probes_running_ == 0 && pulls_.running() == 0 && !discovery_.is_listing());
}

void SourceFollower::start_probes(Clock::time_point now) {
  while (probes_running_ < kProbesAtOnce && may_send()) {
    std::vector<DatabaseId> ids;
    while (ids.size() < kDatabasesPerProbe) {
      const auto id = probes_.take(now);
      if (!id) break;
      databases_.is_followed(*id) ? ids.push_back(*id) : probes_.done(*id);
    }
    if (ids.empty()) return;
    ++probes_running_;
    net::co_spawn(parts_.context, probe(std::move(ids)), net::detached);
  }
}

void SourceFollower::start_pulls(Clock::time_point now) {
  if (parts_.accounts.disk().is_paused()) return;  // `run_due` is called again when there is room
  while (pulls_.running() < parts_.config.replication.pulls && may_send()) {
    const auto id = pulls_.take_next(now);
    if (!id) return;
    net::co_spawn(parts_.context, pull(*id), net::detached);
  }
}

void SourceFollower::arm_timer() {
  const auto now = Clock::now();
  std::optional<Clock::time_point> next;
  const auto consider = [&next](std::optional<Clock::time_point> time) {
    if (time && (!next || *time < *next)) next = time;
  };
  if (probes_running_ < kProbesAtOnce) consider(probes_.next());
  const bool may_pull = !parts_.accounts.disk().is_paused();
  if (may_pull && pulls_.running() < parts_.config.replication.pulls) consider(pulls_.next());
  consider(discovery_.next());
  // Otherwise work under way calls `run_due` when it ends.
  if (!next || (now >= health_.paused_until() && !may_send())) return;
  timer_.expires_at(std::max({*next, health_.paused_until(), now}));
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) run_due();
  });
}

// Databases of messages first, then those that changed or were used last.
std::vector<DatabaseId> SourceFollower::most_active(std::size_t most) const {
  std::vector<DatabaseId> ids;
  for (DatabaseId id = 0; id < databases_.size(); ++id) {
    if (databases_[id].is_present && databases_.is_followed(id)) ids.push_back(id);
  }
  const auto is_before = [this](DatabaseId a, DatabaseId b) {
    const bool a_first = databases_.is_required(a), b_first = databases_.is_required(b);
    if (a_first != b_first) return a_first;
    return databases_[a].moved > databases_[b].moved;
  };
  const auto count = std::min(most, ids.size());
  std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(count), ids.end(),
                    is_before);
  ids.resize(count);
  return ids;
}

}  // namespace api
