#include "api/watcher.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include "replica/schedule.hpp"

namespace api {
namespace {

namespace net = boost::asio;
using replica::FeedKind;
using replica::SourceError;

// Servers send the head of a feed at once; one that does not is not waited for any longer.
constexpr std::chrono::milliseconds kSettleTimeout{2'000};
// A feed that was open for this long worked: its end does not count as a failure.
constexpr std::chrono::seconds kStableFeed{5};
constexpr std::chrono::seconds kChooseInterval{30};
// After this time a kind of feed that was refused is tried again.
constexpr std::chrono::minutes kRefusalRetry{10};
// A feed that times out or is garbled this often in a row is held back by something between, such as
// a proxy, and counts as refused.
constexpr unsigned kMaxHeldBack = 3;
constexpr std::chrono::milliseconds kReconnectPause{100};  // after a feed that ended at once

// After a feed that ended without an error. One that ends at once, with nothing to tell, would be asked for without end: where
// CouchDB's node is in maintenance mode, all do. So pauses double.
std::chrono::milliseconds pause_after_end(std::chrono::steady_clock::time_point began,
                                          bool has_moved, unsigned& empty_ends) {
  constexpr unsigned kMostDoublings = 9;
  const auto lasted = std::chrono::steady_clock::now() - began;
  empty_ends = has_moved || lasted > kStableFeed ? 0 : std::min(empty_ends + 1, kMostDoublings);
  if (empty_ends == 0)
    return lasted < kReconnectPause ? kReconnectPause : std::chrono::milliseconds(0);
  return std::min<std::chrono::milliseconds>(kReconnectPause * (1U << (empty_ends - 1)),
                                             kChooseInterval);
}

bool is_refusal(const SourceError& error) {
  switch (error.status()) {
    case 400:
    case 401:
    case 403:
    case 404:
    case 405:
    case 501:
      return true;
    default:
      return false;
  }
}

bool is_held_back(const SourceError& error) {
  return error.kind() == SourceError::Kind::kTimeout ||
         error.kind() == SourceError::Kind::kProtocol;
}

Watch next_kind(Watch watch) {
  if (watch == Watch::kUpdates) return Watch::kContinuous;
  return watch == Watch::kContinuous ? Watch::kLongPoll : Watch::kPoll;
}

}  // namespace

Watcher::Watcher(replica::CouchClient& client, const SourceConfig& source,
                 const FollowedDatabases& databases, const net::any_io_executor& executor,
                 Callbacks callbacks)
    : client_(client),
      source_(source),
      databases_(databases),
      executor_(executor),
      callbacks_(std::move(callbacks)),
      in_use_(source.watch),
      timer_(executor),
      settling_(executor) {}

net::awaitable<void> Watcher::run() {
  while (!is_stopping_) {
    co_await try_kinds();
    if (is_stopping_) break;
    enter(Watch::kPoll);
    callbacks_.on_settled();
    co_await pause(kRefusalRetry);
  }
}

// Tries one kind of feed after the other; returns when all are refused.
net::awaitable<void> Watcher::try_kinds() {
  unsigned failures = 0;
  std::optional<replica::Dialect> dialect;
  while (source_.watch != Watch::kPoll && !dialect && !is_stopping_) {
    std::chrono::milliseconds wait{0};
    try {
      dialect = (co_await client_.server_info()).dialect;
    } catch (const SourceError& error) {
      // Reported at the first failure: nothing else is asked before this, and the server may send a
      // Retry-After of an hour.
      if (!is_stopping_) callbacks_.on_error(error);
      wait = pause_after(error, Clock::now(), failures);
    }
    if (!dialect) co_await pause(wait);
  }
  const bool is_cozy = dialect == replica::Dialect::kCozy;
  for (Watch watch = source_.watch; watch != Watch::kPoll && !is_stopping_;
       watch = next_kind(watch)) {
    enter(watch);
    if (watch == Watch::kUpdates) {
      co_await follow_server_feed(is_cozy ? FeedKind::kRealtime : FeedKind::kDatabaseUpdates);
    } else if (!is_cozy) {  // which has no feeds of single databases
      co_await follow_database_feeds();
    }
    if (!is_stopping_)
      spdlog::info("source {}: watch = \"{}\" is refused", source_.name, watch_name(watch));
  }
}

net::awaitable<void> Watcher::follow_server_feed(FeedKind kind) {
  replica::WatchQuery query;
  query.kind = kind;
  for (const mail::Doctype doctype : source_.doctypes)
    query.doctypes.emplace_back(mail::doctype_name(doctype));
  // Changes before the feed was open are not reported, so all databases are probed once it is open.
  // Where the head of the answer is held back, they are probed after kSettleTimeout and again then.
  query.on_open = [this] {
    settling_.cancel();
    if (std::exchange(has_gap_, false)) callbacks_.on_settled();
  };
  unsigned failures = 0, held_back = 0, empty_ends = 0;
  has_gap_ = true;
  while (!is_stopping_) {
    const auto began = Clock::now();
    std::chrono::milliseconds wait{0};
    settle_soon();
    ++open_feeds_;
    try {
      const replica::SourceSeq since = query.since;
      query = co_await client_.watch(query, callbacks_.on_change);
      wait = std::max(pause_after_end(began, query.since != since, empty_ends), kReconnectPause);
      failures = held_back = 0;
    } catch (const SourceError& error) {
      wait = pause_after(error, began, failures);
      if (failures > 1 && !is_stopping_) callbacks_.on_error(error);
      held_back = is_held_back(error) ? held_back + 1 : 0;
      if (is_refusal(error) || held_back >= kMaxHeldBack) is_refused_ = true;
    }
    --open_feeds_;
    settling_.cancel();
    if (query.since.json.empty()) has_gap_ = true;
    if (std::exchange(is_refused_, false)) co_return;
    co_await pause(wait);
  }
}

net::awaitable<void> Watcher::follow_database_feeds() {
  callbacks_.on_settled();
  while (!is_stopping_ && !is_refused_) {
    choose_feeds();
    co_await pause(kChooseInterval);
  }
  end_feeds();
  while (std::any_of(feeds_.begin(), feeds_.end(),
                     [](const auto& entry) { return !entry.second->has_ended; })) {
    timer_.expires_at(Clock::time_point::max());
    boost::system::error_code ended_early;
    co_await timer_.async_wait(net::redirect_error(net::use_awaitable, ended_early));
  }
  feeds_.clear();
  is_refused_ = false;
}

void Watcher::choose_feeds() {
  const auto chosen = callbacks_.choose_databases(max_feeds());
  const auto is_chosen = [&chosen](DatabaseId id) {
    return std::find(chosen.begin(), chosen.end(), id) != chosen.end();
  };
  std::erase_if(feeds_, [&](const auto& entry) {
    const auto& [id, feed] = entry;
    const bool is_kept = feed->refused_until > Clock::now() && is_chosen(id);
    return feed->has_ended && !is_kept;
  });
  for (const auto& [id, feed] : feeds_) {
    if (is_chosen(id)) continue;
    feed->is_unwanted = true;
    feed->signal.emit(net::cancellation_type::terminal);
  }
  for (const DatabaseId id : chosen) {
    if (feeds_.size() >= max_feeds() || feeds_.contains(id)) continue;
    const auto feed = feeds_.emplace(id, std::make_shared<Feed>()).first->second;
    net::co_spawn(executor_, follow_database(id, feed),
                  net::bind_cancellation_slot(feed->signal.slot(), net::detached));
  }
  is_refused_ = are_all_refused();
}

void Watcher::end_feeds() {
  for (const auto& [id, feed] : feeds_) {
    feed->is_unwanted = true;
    if (!feed->has_ended) feed->signal.emit(net::cancellation_type::terminal);
  }
}

net::awaitable<void> Watcher::follow_database(DatabaseId id, std::shared_ptr<Feed> feed) {
  replica::WatchQuery query;
  query.kind = in_use_ == Watch::kContinuous ? FeedKind::kContinuous : FeedKind::kLongPoll;
  query.database = databases_.name(id);
  unsigned failures = 0, held_back = 0, empty_ends = 0;
  net::steady_timer timer(executor_);
  while (!feed->is_unwanted && !is_stopping_ && !is_refused_) {
    const auto began = Clock::now();
    std::chrono::milliseconds wait{0};
    try {
      const replica::SourceSeq since = query.since;
      co_await read_feed(query, id);
      wait = pause_after_end(began, query.since != since, empty_ends);
      failures = held_back = 0;
    } catch (const SourceError& error) {
      if (feed->is_unwanted || is_stopping_) break;
      if (error.kind() == SourceError::Kind::kNotFound) {
        callbacks_.on_change({query.database, true});
        break;
      }
      wait = pause_after(error, began, failures);
      held_back = is_held_back(error) ? held_back + 1 : 0;
      if (is_refusal(error) || held_back >= kMaxHeldBack) {
        on_feed_refused(id, *feed, error);
        break;
      }
      if (failures > 1) callbacks_.on_feed_failed(id);
    } catch (const std::exception&) {
      break;  // cancelled; after other errors choose_feeds starts it again
    }
    if (wait.count() == 0) continue;
    timer.expires_after(wait);
    boost::system::error_code cancelled;
    co_await timer.async_wait(net::redirect_error(net::use_awaitable, cancelled));
    if (cancelled) break;
  }
  feed->has_ended = true;
  if (is_refused_ || is_stopping_) timer_.cancel();
}

// Access to a single database may be refused: it is polled, and the feeds of the others go on.
void Watcher::on_feed_refused(DatabaseId id, Feed& feed, const SourceError& error) {
  spdlog::debug("{}: its feed is refused: {}", databases_.name(id), error.what());
  feed.refused_until = Clock::now() + kRefusalRetry;
  is_refused_ = are_all_refused();
  callbacks_.on_feed_failed(id);
}

bool Watcher::are_all_refused() const {
  return !feeds_.empty() && std::all_of(feeds_.begin(), feeds_.end(), [](const auto& entry) {
    return entry.second->refused_until.has_value();
  });
}

// One request of a database's feed. The first starts at the database's present sequence; whether
// there were changes before is checked here.
net::awaitable<void> Watcher::read_feed(replica::WatchQuery& query, DatabaseId id) {
  if (query.since.json.empty()) {
    const auto info = co_await client_.database_info(query.database);
    query.since.json = info.update_seq;
    if (databases_[id].seen != fingerprint(info.update_seq, info.instance_start_time))
      callbacks_.on_change({query.database, false});
  }
  struct Counted {
    explicit Counted(std::size_t& counter) : count(counter) { ++count; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    ~Counted() { --count; }
    std::size_t& count;
  };
  const Counted open(open_feeds_);
  query = co_await client_.watch(query, callbacks_.on_change);
}

// Where no change was missed, one probe tells whether the source still answers.
void Watcher::settle_soon() {
  settling_.expires_after(kSettleTimeout);
  settling_.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled || is_stopping_) return;
    if (has_gap_) return callbacks_.on_settled();
    for (const DatabaseId id : callbacks_.choose_databases(1)) callbacks_.on_feed_failed(id);
  });
}

std::chrono::milliseconds Watcher::pause_after(const SourceError& error, Clock::time_point began,
                                               unsigned& failures) {
  if (Clock::now() - began > kStableFeed) failures = 0;
  ++failures;
  return replica::backoff_pause(failures, error.retry_after(), random_);
}

net::awaitable<void> Watcher::pause(std::chrono::milliseconds duration) {
  if (is_stopping_ || is_refused_) co_return;
  timer_.expires_after(duration);
  boost::system::error_code ended_early;
  co_await timer_.async_wait(net::redirect_error(net::use_awaitable, ended_early));
}

void Watcher::enter(Watch watch) {
  in_use_ = watch;
  is_refused_ = false;
}

void Watcher::choose_again() {
  if (in_use_ == Watch::kContinuous || in_use_ == Watch::kLongPoll) timer_.cancel();
}

void Watcher::stop() {
  is_stopping_ = true;
  timer_.cancel();
  settling_.cancel();
  end_feeds();
}

// Leaves some of the client's sockets to requests that are answered at once.
std::size_t Watcher::max_feeds() const {
  constexpr std::size_t kFew = 8, kOthers = 4;
  const std::size_t sockets = source_.max_connections;
  const std::size_t free =
      sockets > kFew ? sockets - kOthers : std::max<std::size_t>(sockets / 2, 1);
  return std::min(source_.max_feeds, free);
}

}  // namespace api
