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

// Servers answer the head of a feed at once.
constexpr std::chrono::milliseconds kSettles{2'000};
// A feed that was open for so long did work: its end is no failure.
constexpr std::chrono::seconds kStood{5};
constexpr std::chrono::seconds kChooseAgain{30};
// A server that refuses a kind of feed may be set up otherwise one day.
constexpr std::chrono::minutes kAskAgain{10};
// Feeds that are silent or garbled so often in a row do not get through, whoever holds them back.
constexpr unsigned kGivesUp = 3;
constexpr std::chrono::milliseconds kBetweenFeeds{100};  // that end at once

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

Watch after(Watch watch) {
  if (watch == Watch::kUpdates) return Watch::kContinuous;
  return watch == Watch::kContinuous ? Watch::kLongPoll : Watch::kPoll;
}

}  // namespace

Watcher::Watcher(replica::CouchClient& client, const SourceConfig& source,
                 const FollowedDatabases& databases, const net::any_io_executor& executor,
                 Events events)
    : client_(client),
      source_(source),
      databases_(databases),
      executor_(executor),
      events_(std::move(events)),
      in_use_(source.watch),
      timer_(executor),
      settling_(executor) {}

net::awaitable<void> Watcher::run() {
  while (!is_stopping_) {
    co_await follow_in_order();
    if (is_stopping_) break;
    enter(Watch::kPoll);
    events_.settled();
    co_await pause(kAskAgain);
  }
}

// Tries one kind of feed after the other; returns when all are refused.
net::awaitable<void> Watcher::follow_in_order() {
  unsigned failures = 0;
  std::optional<replica::Dialect> dialect;
  while (source_.watch != Watch::kPoll && !dialect && !is_stopping_) {
    std::chrono::milliseconds wait{0};
    try {
      dialect = (co_await client_.server_info()).dialect;
    } catch (const SourceError& error) {
      // At once: nobody else asks before this is settled, and the server may want to be left alone for an hour.
      if (!is_stopping_) events_.failed(error);
      wait = pause_after(error, Clock::now(), failures);
    }
    if (!dialect) co_await pause(wait);
  }
  const bool is_cozy = dialect == replica::Dialect::kCozy;
  for (Watch watch = source_.watch; watch != Watch::kPoll && !is_stopping_; watch = after(watch)) {
    enter(watch);
    if (watch == Watch::kUpdates) {
      co_await follow_all(is_cozy ? FeedKind::kRealtime : FeedKind::kDatabaseUpdates);
    } else if (!is_cozy) {  // which has no feeds of single databases
      co_await follow_some();
    }
    if (!is_stopping_)
      spdlog::info("source {}: watch = \"{}\" is refused", source_.name, watch_name(watch));
  }
}

net::awaitable<void> Watcher::follow_all(FeedKind kind) {
  replica::WatchQuery query;
  query.kind = kind;
  for (const mail::Doctype doctype : source_.doctypes)
    query.doctypes.emplace_back(mail::doctype_name(doctype));
  // What moved before the feed stood was not heard: all is compared once it does. A server, or a proxy, that holds back the
  // head of its answer is not waited for; then all is compared again.
  query.on_open = [this] {
    settling_.cancel();
    if (std::exchange(is_gap_, false)) events_.settled();
  };
  unsigned failures = 0, held_back = 0;
  is_gap_ = true;
  while (!is_stopping_) {
    const auto began = Clock::now();
    std::chrono::milliseconds wait = kBetweenFeeds;
    if (is_gap_) settle_soon();
    ++open_feeds_;
    try {
      query = co_await client_.watch(query, events_.moved);
      failures = held_back = 0;
    } catch (const SourceError& error) {
      wait = pause_after(error, began, failures);
      if (failures > 1 && !is_stopping_) events_.failed(error);
      held_back = is_held_back(error) ? held_back + 1 : 0;
      if (is_refusal(error) || held_back >= kGivesUp) is_refused_ = true;
    }
    --open_feeds_;
    settling_.cancel();
    if (query.since.json.empty()) is_gap_ = true;
    if (std::exchange(is_refused_, false)) co_return;
    co_await pause(wait);
  }
}

net::awaitable<void> Watcher::follow_some() {
  events_.settled();
  while (!is_stopping_ && !is_refused_) {
    choose_feeds();
    co_await pause(kChooseAgain);
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
  const auto chosen = events_.choose(most_feeds());
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
    if (feeds_.size() >= most_feeds() || feeds_.contains(id)) continue;
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
  unsigned failures = 0, held_back = 0;
  net::steady_timer timer(executor_);
  while (!feed->is_unwanted && !is_stopping_ && !is_refused_) {
    const auto began = Clock::now();
    std::chrono::milliseconds wait{0};
    try {
      co_await listen(query, id);
      failures = held_back = 0;
      if (Clock::now() - began < kBetweenFeeds) wait = kBetweenFeeds;
    } catch (const SourceError& error) {
      if (feed->is_unwanted || is_stopping_) break;
      if (error.kind() == SourceError::Kind::kNotFound) {
        events_.moved({query.database, true});
        break;
      }
      wait = pause_after(error, began, failures);
      held_back = is_held_back(error) ? held_back + 1 : 0;
      if (is_refusal(error) || held_back >= kGivesUp) {
        refuse(id, *feed, error);
        break;
      }
      if (failures > 1) events_.failed_for(id);
    } catch (const std::exception&) {
      break;  // cancelled; else the next choice of feeds begins it anew
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

// One database may be closed to us: what all others may do goes on, and this one is polled.
void Watcher::refuse(DatabaseId id, Feed& feed, const SourceError& error) {
  spdlog::debug("{}: its feed is refused: {}", databases_.name(id), error.what());
  feed.refused_until = Clock::now() + kAskAgain;
  is_refused_ = are_all_refused();
  events_.failed_for(id);
}

bool Watcher::are_all_refused() const {
  return !feeds_.empty() && std::all_of(feeds_.begin(), feeds_.end(), [](const auto& entry) {
    return entry.second->refused_until.has_value();
  });
}

// One request of a database's feed. The first begins where the database is: what came before is looked for.
net::awaitable<void> Watcher::listen(replica::WatchQuery& query, DatabaseId id) {
  if (query.since.json.empty()) {
    const auto info = co_await client_.database_info(query.database);
    query.since.json = info.update_seq;
    if (databases_[id].seen != fingerprint(info.update_seq, info.instance_start_time))
      events_.moved({query.database, false});
  }
  struct Counted {
    explicit Counted(std::size_t& counter) : count(counter) { ++count; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    ~Counted() { --count; }
    std::size_t& count;
  };
  const Counted open(open_feeds_);
  query = co_await client_.watch(query, events_.moved);
}

void Watcher::settle_soon() {
  settling_.expires_after(kSettles);
  settling_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled && !is_stopping_) events_.settled();
  });
}

std::chrono::milliseconds Watcher::pause_after(const SourceError& error, Clock::time_point began,
                                               unsigned& failures) {
  if (Clock::now() - began > kStood) failures = 0;
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

void Watcher::reconsider() {
  if (in_use_ == Watch::kContinuous || in_use_ == Watch::kLongPoll) timer_.cancel();
}

void Watcher::stop() {
  is_stopping_ = true;
  timer_.cancel();
  settling_.cancel();
  end_feeds();
}

// The client keeps some of its sockets for requests that do not wait.
std::size_t Watcher::most_feeds() const {
  constexpr std::size_t kFew = 8, kOthers = 4;
  const std::size_t sockets = source_.max_connections;
  const std::size_t free =
      sockets > kFew ? sockets - kOthers : std::max<std::size_t>(sockets / 2, 1);
  return std::min(source_.max_feeds, free);
}

}  // namespace api
