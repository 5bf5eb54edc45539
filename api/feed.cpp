#include "api/feed.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include "replica/workers.hpp"

namespace api {
namespace {

namespace net = boost::asio;

constexpr std::chrono::milliseconds kFirstPause{500};
constexpr std::chrono::milliseconds kLongestPause{120'000};
constexpr std::chrono::milliseconds kLongPoll{50'000};  // proxies tend to cut at 60 s

std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace

std::chrono::milliseconds Backoff::next() {
  pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
  std::uniform_real_distribution<double> jitter(0.5, 1.0);
  return std::chrono::duration_cast<std::chrono::milliseconds>(pause_ * jitter(random_));
}

void Backoff::reset() { pause_ = {}; }

Feed::Feed(replica::CouchClient& client, const SourceConfig& source,
           std::shared_ptr<indexer::Account> account, mail::Doctype doctype,
           const net::any_io_executor& executor, net::thread_pool& workers, Events events)
    : client_(client),
      source_(source),
      account_(std::move(account)),
      doctype_(doctype),
      database_(database_name(account_->name(), doctype)),
      workers_(workers),
      events_(std::move(events)),
      timer_(executor) {
  report_.account = account_->name();
  report_.database = database_;
  report_.state = "initializing";
  report_.since = now();
}

// The one place that backs off.
net::awaitable<void> Feed::follow() {
  Backoff backoff;
  while (!stopping_) {
    std::chrono::milliseconds wait{0};
    try {
      co_await turn();
      backoff.reset();
    } catch (const replica::SourceError& error) {
      if (stopping_) break;
      const bool is_absent = error.kind() == replica::SourceError::Kind::kNotFound;
      wait = is_absent ? source_.poll_interval : backoff.next();
      is_absent ? absent() : failed(error.what(), wait);
    } catch (const std::exception& error) {
      wait = backoff.next();
      failed(error.what(), wait);
    }
    if (wait.count() > 0) co_await pause(wait);
  }
}

// Pulls everything there is, then waits until there is more.
net::awaitable<void> Feed::turn() {
  woken_ = false;
  if (!replicator_) co_await begin();
  enter("running");
  const replica::PullSummary pulled = co_await replicator_->pull_until_caught_up();
  if (pulled.documents > 0 || pulled.quarantined > 0) {
    spdlog::info("{}: {} documents pulled, {} quarantined", database_, pulled.documents,
                 pulled.quarantined);
  }
  caught_up();
  if (source_.watch == Watch::kPoll) {
    co_await pause(source_.poll_interval);
  } else if (!stopping_) {
    (void)co_await replicator_->wait_for_change(kLongPoll);
  }
}

net::awaitable<void> Feed::begin() {
  replica::Store* store = co_await open_store(client_, database_, *account_, doctype_, workers_);
  replicator_.emplace(client_, database_, *store, workers_, events_.on_commit);
}

net::awaitable<void> Feed::pause(std::chrono::milliseconds duration) {
  if (stopping_ || woken_) co_return;
  timer_.expires_after(duration);
  boost::system::error_code ended_early;
  co_await timer_.async_wait(net::redirect_error(net::use_awaitable, ended_early));
}

void Feed::wake() {
  woken_ = true;
  timer_.cancel();
}

void Feed::stop() {
  stopping_ = true;
  timer_.cancel();
}

FeedReport Feed::report() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

void Feed::enter(std::string state) {
  const std::lock_guard lock(mutex_);
  if (report_.state == state) return;
  report_.state = std::move(state);
  report_.since = now();
}

void Feed::caught_up() {
  enter("waiting");
  {
    const std::lock_guard lock(mutex_);
    report_.caught_up = now();
    report_.last_error.clear();
  }
  events_.on_caught_up();
}

void Feed::absent() {
  if (report().last_error.empty()) spdlog::info("{}: not there at the source yet", database_);
  caught_up();
  const std::lock_guard lock(mutex_);
  report_.last_error = "not there at the source yet";
}

void Feed::failed(const std::string& error, std::chrono::milliseconds pause) {
  enter("crashing");
  const std::lock_guard lock(mutex_);
  if (report_.last_error != error) {
    spdlog::warn("{}: {}; again in {:.1f} s", database_, error,
                 static_cast<double>(pause.count()) / 1'000);
  }
  report_.last_error = error;
}

net::awaitable<replica::Store*> open_store(replica::CouchClient& client, std::string database,
                                           indexer::Account& account, mail::Doctype doctype,
                                           net::thread_pool& workers) {
  (void)co_await client.database_info(std::move(database));
  co_return co_await replica::on(workers,
                                 [&account, doctype] { return &account.stores().create(doctype); });
}

bool may_be_absent(mail::Doctype doctype, const replica::SourceError& error) {
  return doctype != mail::Doctype::kEmails && error.kind() == replica::SourceError::Kind::kNotFound;
}

}  // namespace api
