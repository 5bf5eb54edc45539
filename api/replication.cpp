#include "api/replication.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>
#include <future>
#include <mutex>
#include <spdlog/spdlog.h>
#include <thread>

#include "api/indexing.hpp"
#include "api/source_follower.hpp"

namespace api {
namespace {

namespace net = boost::asio;
using Clock = std::chrono::steady_clock;

// Two: a commit waits for the disk while the next page is parsed.
constexpr std::size_t kWorkers = 2;
constexpr std::chrono::seconds kHousekeeping{5};
constexpr std::chrono::seconds kFetchTimeout{30};
constexpr std::chrono::milliseconds kStopCheck{200};

std::chrono::milliseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
}

// Documents that are not ignored.
std::vector<std::string> quarantined_of(const SourceConfig& source, indexer::Account& account) {
  std::vector<std::string> lines;
  for (const mail::Doctype doctype : source.databases_of_account()) {
    const replica::Store* store = account.stores().find(doctype);
    if (store == nullptr) continue;
    for (const replica::Quarantined& document : store->quarantined()) {
      if (document.is_ignored()) continue;
      lines.push_back(fmt::format("{} {}: {}", source.layout.database(account.name(), doctype),
                                  document.id, document.reason));
    }
  }
  return lines;
}

std::string behind_line(const std::string& database) {
  return fmt::format(
      "{}: its changes do not end at its sequence, and it counts other documents than came, as "
      "where a node of the cluster is behind: the last changes may be missing; sync again later",
      database);
}

void throw_if_paused(const Registry& registry, const std::string& account) {
  if (registry.account_state(account) == AccountState::kPaused)
    throw std::runtime_error(
        fmt::format("account '{0}' is paused: davenport account resume {0}", account));
}

}  // namespace

std::vector<std::string> problems_of(const SyncOutcome& outcome) {
  std::vector<std::string> problems = outcome.quarantined;
  problems.insert(problems.end(), outcome.behind.begin(), outcome.behind.end());
  return problems;
}

struct Replication::State {
  State(const Config& given_config, Accounts& given_accounts, Metrics& given_metrics, Tasks* tasks,
        Events* given_events)
      : config(given_config),
        accounts(given_accounts),
        metrics(given_metrics),
        events(given_events),
        indexing(accounts, metrics, tasks, events) {
    for (const SourceConfig& source : config.sources) {
      followers.push_back(std::make_unique<SourceFollower>(
          ReplicationParts{config, accounts, indexing, metrics, context, workers}, source));
    }
    thread = std::thread([this] { context.run(); });
  }

  // Calls `function` on the thread of the followers, or here once that thread has ended.
  template <typename Function>
  auto call(Function function) -> std::invoke_result_t<Function&> {
    if (!is_stopped) {
      std::packaged_task<std::invoke_result_t<Function&>()> task(std::ref(function));
      auto answer = task.get_future();
      net::post(context, std::ref(task));
      while (answer.wait_for(kStopCheck) != std::future_status::ready && !is_stopped) {
      }
      if (answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready)
        return answer.get();
    }
    const std::lock_guard lock(after_end);
    return function();
  }
  // Runs a coroutine of the followers and returns its result.
  template <typename T>
  T wait_for(net::awaitable<T> coroutine) {
    auto answer = net::co_spawn(context, std::move(coroutine), net::use_future);
    while (answer.wait_for(kStopCheck) != std::future_status::ready) {
      if (is_stopped) throw std::runtime_error("the server stops");
    }
    return answer.get();
  }
  [[nodiscard]] SourceFollower* follower_of(std::string_view account);
  void housekeep();

  const Config& config;
  Accounts& accounts;
  Metrics& metrics;
  Events* events;
  Indexing indexing;
  net::io_context context{1};
  net::executor_work_guard<net::io_context::executor_type> work{context.get_executor()};
  net::thread_pool workers{kWorkers};
  net::steady_timer timer{context};
  std::vector<std::unique_ptr<SourceFollower>> followers;  // one a source
  bool is_stopping = false;  // on the context's thread
  std::atomic<bool> is_stopped = false;
  std::mutex after_end;  // of what the followers know once their thread has ended
  std::thread thread;
};

SourceFollower* Replication::State::follower_of(std::string_view account) {
  const SourceConfig* source = accounts.source_of(account);
  for (const auto& follower : followers) {
    if (source == &follower->source()) return follower.get();
  }
  // Not found at any source yet: it may be at one whose accounts are all followed.
  for (const auto& follower : followers) {
    if (source == nullptr && follower->source().has_all_accounts) return follower.get();
  }
  return nullptr;
}

// On the context's thread. Work that touches files is done by a worker.
void Replication::State::housekeep() {
  std::vector<SourceReport> reports;
  for (const auto& follower : followers) reports.push_back(follower->report());
  metrics.sources(reports);
  if (events != nullptr) {
    for (const auto& account : events->listened_accounts()) {
      for (const auto& follower : followers) follower->mark_used(account);
    }
  }
  net::post(workers, [this] {
    accounts.close_idle();
    metrics.open_accounts(accounts.open_count());
    metrics.account_opens(accounts.opens().hits, accounts.opens().misses);
    accounts.disk().update();
    metrics.disk(accounts.disk().report());
    metrics.index_queues(indexing.lists_waiting(), indexing.texts_waiting());
  });
  for (const auto& follower : followers) follower->run_due();
  timer.expires_after(std::min<Clock::duration>(kHousekeeping, config.replication.account_idle));
  timer.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled && !is_stopping) housekeep();
  });
}

Replication::Replication(const Config& config, Accounts& accounts, Metrics& metrics, Tasks* tasks,
                         Events* events)
    : state_(std::make_unique<State>(config, accounts, metrics, tasks, events)) {}

Replication::~Replication() { stop(); }

void Replication::start(bool with_index) {
  State& state = *state_;
  for (const auto& follower : state.followers) follower->restore();
  if (with_index) {
    state.indexing.catch_up();
  } else {
    state.indexing.stop();  // what comes is not indexed
  }
  net::post(state.context, [&state] {
    for (const auto& follower : state.followers) follower->start();
    state.housekeep();
  });
}

void Replication::stop() {
  State& state = *state_;
  if (state.thread.joinable()) {
    net::post(state.context, [&state] {
      state.is_stopping = true;  // a timer that has run out already is not cancelled any more
      state.timer.cancel();
      for (const auto& follower : state.followers) follower->stop();
    });
    state.work.reset();
    state.thread.join();
    state.workers.join();
    state.is_stopped = true;
    for (const auto& follower : state.followers) follower->flush();
  }
  state.indexing.stop();
}

bool Replication::wake(std::string_view account) {
  State& state = *state_;
  SourceFollower* follower = state.follower_of(account);
  if (follower == nullptr) return false;
  return state.call([follower, name = std::string(account)] { return follower->wake(name); });
}

void Replication::index_soon(std::string_view account) { state_->indexing.schedule(account); }

void Replication::mark_used(std::string_view account) {
  State& state = *state_;
  state.indexing.schedule_once(account);
  if (state.followers.empty()) return;
  net::post(state.context, [&state, name = std::string(account)] {
    for (const auto& follower : state.followers) follower->mark_used(name);
  });
}

SyncOutcome Replication::sync(const std::string& account, const SyncOptions& options,
                              indexer::Progress& progress) {
  State& state = *state_;
  SourceFollower* follower = state.follower_of(account);
  if (follower == nullptr)
    throw std::runtime_error(fmt::format("account '{}' has no source", account));
  throw_if_paused(state.accounts.registry(), account);
  SyncOutcome outcome;
  std::mutex mutex;  // two workers may commit at once
  const auto on_commit = [&](const replica::PullSummary& batch) {
    const std::lock_guard lock(mutex);
    add(outcome.pulled, batch);
    progress.done += static_cast<std::int64_t>(batch.documents);
    progress.check();
  };
  auto synced = state.wait_for(follower->sync(account, on_commit, options.resync));
  if (synced.empty())
    throw std::runtime_error(fmt::format("account '{}' is not there at the source", account));
  outcome.pulled = {};
  for (SyncedDatabase& database : synced) {
    if (database.error) std::rethrow_exception(database.error);
    add(outcome.pulled, database.pulled);
    if (database.pulled.feed_end == replica::FeedEnd::kBehind)
      outcome.behind.push_back(behind_line(database.name));
    outcome.databases.push_back(
        {database.name, database.is_absent, database.pulled, database.duration});
  }
  const auto opened = state.accounts.find(account);
  if (!opened) throw std::runtime_error(fmt::format("account '{}' cannot be opened", account));
  if (options.with_index) {
    const auto start = Clock::now();
    outcome.entries_indexed = state.indexing.run(*opened, progress);
    outcome.index_duration = since(start);
  }
  outcome.quarantined = quarantined_of(follower->source(), *opened);
  return outcome;
}

void Replication::pause(const std::string& account) {
  State& state = *state_;
  state.accounts.registry().set_account_state(account, AccountState::kPaused);
  state.call([&] {
    for (const auto& follower : state.followers) follower->pause(account);
  });
}

void Replication::resume(const std::string& account) {
  State& state = *state_;
  state.accounts.registry().set_account_state(account, AccountState::kFollowed);
  const bool is_followed = state.call([&] {
    return std::any_of(state.followers.begin(), state.followers.end(),
                       [&](const auto& follower) { return follower->resume(account); });
  });
  if (!is_followed) (void)wake(account);
}

std::optional<std::size_t> Replication::resync(const std::string& account) {
  State& state = *state_;
  if (state.accounts.source_of(account) == nullptr) return std::nullopt;
  SourceFollower* follower = state.follower_of(account);
  if (follower == nullptr) return std::nullopt;
  return state.wait_for(follower->resync(account));
}

void Replication::retry(const std::string& account) {
  State& state = *state_;
  if (SourceFollower* follower = state.follower_of(account); follower != nullptr)
    state.call([&] { follower->retry(account); });
}

void Replication::stop_following(const std::string& account) {
  State& state = *state_;
  std::vector<std::future<void>> going;
  for (const auto& follower : state.followers) {
    going.push_back(net::co_spawn(state.context, follower->remove(account), net::use_future));
  }
  for (auto& each : going) {
    while (each.wait_for(kStopCheck) != std::future_status::ready) {
      if (state.is_stopped) throw std::runtime_error("the server stops");
    }
  }
  state.indexing.cancel(account);
}

void Replication::fetch_blob(const std::shared_ptr<indexer::Account>& account,
                             mail::Doctype doctype, const replica::WantedBlob& wanted) {
  using replica::SourceError;
  State& state = *state_;
  SourceFollower* follower = state.follower_of(account->name());
  if (follower == nullptr) {
    throw SourceError(SourceError::Kind::kNotFound, 0,
                      fmt::format("account '{}' has no source", account->name()));
  }
  auto fetched =
      net::co_spawn(state.context, follower->fetch_blob(account, doctype, wanted), net::use_future);
  const auto until = Clock::now() + kFetchTimeout;
  while (fetched.wait_for(kStopCheck) != std::future_status::ready) {
    if (Clock::now() >= until || state.is_stopped)
      throw SourceError(SourceError::Kind::kTimeout, 0, "the source takes too long; try again");
  }
  fetched.get();
}

std::vector<FeedReport> Replication::feeds() const {
  State& state = *state_;
  return state.call([&state] {
    std::vector<FeedReport> reports;
    for (const auto& follower : state.followers) {
      auto some = follower->feeds();
      reports.insert(reports.end(), std::make_move_iterator(some.begin()),
                     std::make_move_iterator(some.end()));
    }
    return reports;
  });
}

std::vector<FeedReport> Replication::feeds_of(std::string_view account) const {
  State& state = *state_;
  return state.call([&state, name = std::string(account)] {
    std::vector<FeedReport> reports;
    for (const auto& follower : state.followers) {
      auto some = follower->feeds_of(name);
      reports.insert(reports.end(), std::make_move_iterator(some.begin()),
                     std::make_move_iterator(some.end()));
    }
    return reports;
  });
}

std::vector<SourceReport> Replication::sources() const {
  State& state = *state_;
  return state.call([&state] {
    std::vector<SourceReport> reports;
    for (const auto& follower : state.followers) reports.push_back(follower->report());
    return reports;
  });
}

}  // namespace api
