#include "api/replication.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <spdlog/spdlog.h>
#include <thread>

#include "api/account_worker.hpp"
#include "api/feed.hpp"

namespace api {
namespace {

namespace net = boost::asio;

constexpr std::size_t kWorkers = 2;
constexpr std::chrono::seconds kLagInterval{5};

// An account with a source, and the feeds that bring it.
struct FollowedAccount {
  std::shared_ptr<indexer::Account> account;
  std::vector<std::unique_ptr<Feed>> feeds;
  // Messages and bodies that were never pulled. While they are swept, text waits: in bulk afterwards it is several times
  // as fast.
  std::atomic<std::size_t> sweeps_left{0};
};

bool waits_for_sweep(indexer::Account& account, mail::Doctype doctype) {
  if (doctype != mail::Doctype::kEmails && doctype != mail::Doctype::kContents) return false;
  const replica::Store* store = account.stores().find(doctype);
  return store == nullptr || store->checkpoint().since.json.empty();
}

}  // namespace

struct Replication::State {
  State(const Config& given_config, Accounts& given_accounts, Metrics& given_metrics)
      : config(given_config), accounts(given_accounts), metrics(given_metrics) {}

  void index_lists(const std::shared_ptr<indexer::Account>& account, indexer::Progress& progress);
  void index_text(const std::shared_ptr<indexer::Account>& account, indexer::Progress& progress);
  void follow(const SourceConfig& source, replica::CouchClient& client, const std::string& name);
  net::awaitable<void> report_lag();

  const Config& config;
  Accounts& accounts;
  Metrics& metrics;

  // Lists never wait for text: two consumers.
  AccountWorker text{
      "indexing text", AccountWorker::Priority::kIdle,
      [this](const auto& account, indexer::Progress& progress) { index_text(account, progress); }};
  AccountWorker lists{
      "updating lists", AccountWorker::Priority::kNormal,
      [this](const auto& account, indexer::Progress& progress) { index_lists(account, progress); }};

  net::io_context context{1};
  net::executor_work_guard<net::io_context::executor_type> work{context.get_executor()};
  net::thread_pool workers{kWorkers};
  net::steady_timer lag_timer{context};
  std::vector<std::unique_ptr<replica::CouchClient>> clients;  // one a source
  std::map<std::string, FollowedAccount, std::less<>> followed;  // does not change once started
  bool stopping = false;  // the io_context's
  std::thread thread;
};

void Replication::State::index_lists(const std::shared_ptr<indexer::Account>& account,
                                     indexer::Progress& progress) {
  account->project(progress);
  const auto found = followed.find(account->name());
  const bool is_filling = found != followed.end() && found->second.sweeps_left > 0;
  if (!is_filling) text.soon(account);
}

void Replication::State::index_text(const std::shared_ptr<indexer::Account>& account,
                                    indexer::Progress& progress) {
  const std::size_t entries = account->index(progress);
  metrics.entries_indexed(entries);
  if (entries > 0) spdlog::info("account {}: {} entries indexed", account->name(), entries);
}

void Replication::State::follow(const SourceConfig& source, replica::CouchClient& client,
                                const std::string& name) {
  auto opened = accounts.find(name);
  FollowedAccount& account = followed[name];
  account.account = std::move(opened);
  for (const mail::Doctype doctype : mail::kDoctypes) {
    Feed::Events events;
    events.on_commit = [this, &account](const replica::PullSummary& batch) {
      metrics.documents_pulled(batch.documents);
      metrics.quarantined(batch.quarantined);
      lists.soon(account.account);
    };
    const bool counts = waits_for_sweep(*account.account, doctype);
    if (counts) ++account.sweeps_left;
    events.on_caught_up = [this, &account, is_first = counts]() mutable {
      if (std::exchange(is_first, false) && --account.sweeps_left == 0) lists.soon(account.account);
    };
    account.feeds.push_back(std::make_unique<Feed>(client, source, account.account, doctype,
                                                   context.get_executor(), workers,
                                                   std::move(events)));
  }
}

net::awaitable<void> Replication::State::report_lag() {
  while (!stopping) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    for (const auto& [name, account] : followed) {
      std::chrono::seconds lag{0};
      for (const auto& feed : account.feeds) {
        const FeedReport report = feed->report();
        const auto behind_since = std::max(report.caught_up, std::chrono::sys_seconds{});
        if (report.state == "waiting") continue;
        lag = std::max(
            lag, now - (behind_since.time_since_epoch().count() > 0 ? behind_since : report.since));
      }
      metrics.replication_lag(name, lag);
    }
    lag_timer.expires_after(kLagInterval);
    boost::system::error_code ended_early;
    co_await lag_timer.async_wait(net::redirect_error(net::use_awaitable, ended_early));
  }
}

Replication::Replication(const Config& config, Accounts& accounts, Metrics& metrics)
    : state_(std::make_unique<State>(config, accounts, metrics)) {}

Replication::~Replication() { stop(); }

void Replication::start() {
  State& state = *state_;
  for (const SourceConfig& source : state.config.sources) {
    state.clients.push_back(
        std::make_unique<replica::CouchClient>(state.context.get_executor(), source.address));
    for (const std::string& name : source.accounts) {
      try {
        state.follow(source, *state.clients.back(), name);
      } catch (const indexer::AccountBusy&) {
        throw;
      } catch (const std::exception& error) {
        spdlog::error("account {} is not followed: {}", name, error.what());
      }
    }
  }
  for (auto& [name, account] : state.followed) {
    for (const auto& feed : account.feeds)
      net::co_spawn(state.context, feed->follow(), net::detached);
  }
  net::co_spawn(state.context, state.report_lag(), net::detached);
  state.thread = std::thread([&state] { state.context.run(); });
}

void Replication::stop() {
  State& state = *state_;
  if (state.thread.joinable()) {
    net::post(state.context, [&state] {
      state.stopping = true;
      state.lag_timer.cancel();
      for (auto& [name, account] : state.followed) {
        for (const auto& feed : account.feeds) feed->stop();
      }
      for (const auto& client : state.clients) client->close();
    });
    state.work.reset();
    state.thread.join();
    state.workers.join();
  }
  state.lists.stop();
  state.text.stop();
}

bool Replication::wake(std::string_view account) {
  State& state = *state_;
  const auto found = state.followed.find(account);
  if (found == state.followed.end()) return false;
  net::post(state.context, [&followed = found->second] {
    for (const auto& feed : followed.feeds) feed->wake();
  });
  return true;
}

void Replication::index_soon(std::string_view account) {
  if (auto found = state_->accounts.find(account)) state_->lists.soon(std::move(found));
}

std::vector<FeedReport> Replication::feeds() const {
  std::vector<FeedReport> reports;
  for (const auto& [name, account] : state_->followed) {
    for (const auto& feed : account.feeds) reports.push_back(feed->report());
  }
  return reports;
}

}  // namespace api
