#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>
#include <mutex>

#include "api/feed.hpp"
#include "api/replication.hpp"

namespace api {
namespace {

namespace net = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kWorkers =
    2;  // a commit waits for the disk while the next page is taken apart

std::chrono::milliseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
}

void add(replica::PullSummary& sum, const replica::PullSummary& part) {
  sum.rows += part.rows;
  sum.documents += part.documents;
  sum.quarantined += part.quarantined;
  sum.bytes += part.bytes;
}

// One database on its way.
struct Pull {
  mail::Doctype doctype{};
  SyncOutcome::Database outcome;
  std::exception_ptr error;
};

// Keeps an error instead of throwing it: the other databases are pulled all the same.
net::awaitable<void> pull(Pull& pull, replica::CouchClient& client, indexer::Account& account,
                          net::thread_pool& workers,
                          std::function<void(const replica::PullSummary&)> on_commit) {
  const auto start = Clock::now();
  try {
    replica::Store* store =
        co_await open_store(client, pull.outcome.name, account, pull.doctype, workers);
    replica::Replicator replicator(client, pull.outcome.name, *store, workers,
                                   std::move(on_commit));
    pull.outcome.pulled = co_await replicator.pull_until_caught_up();
  } catch (const replica::SourceError& error) {
    pull.outcome.absent = may_be_absent(pull.doctype, error);
    if (!pull.outcome.absent) pull.error = std::current_exception();
  } catch (...) {
    pull.error = std::current_exception();
  }
  pull.outcome.duration = since(start);
}

std::vector<std::string> quarantined_of(indexer::Account& account) {
  std::vector<std::string> lines;
  for (const mail::Doctype doctype : mail::kDoctypes) {
    const replica::Store* store = account.stores().find(doctype);
    if (store == nullptr) continue;
    for (const replica::Quarantined& document : store->quarantined()) {
      lines.push_back(fmt::format("{} {}: {}", database_name(account.name(), doctype), document.id,
                                  document.reason));
    }
  }
  return lines;
}

}  // namespace

SyncOutcome sync_once(const SourceConfig& source, indexer::Account& account, bool with_index,
                      Metrics& metrics,
                      const std::function<void(const replica::PullSummary&)>& progress) {
  SyncOutcome outcome;
  std::mutex mutex;  // two workers may commit at once
  const auto on_commit = [&](const replica::PullSummary& batch) {
    const std::lock_guard lock(mutex);
    add(outcome.pulled, batch);
    metrics.documents_pulled(batch.documents);
    metrics.quarantined(batch.quarantined);
    if (progress) progress(outcome.pulled);
  };

  std::array<Pull, std::size(mail::kDoctypes)> pulls;
  {
    net::io_context context;
    net::thread_pool workers(kWorkers);
    replica::CouchClient client(context.get_executor(), source.address);
    std::size_t under_way = pulls.size();
    const auto finish = [&](const std::exception_ptr&) {
      if (--under_way == 0) client.close();  // else the context waits for its idle connections
    };
    for (std::size_t i = 0; i < pulls.size(); ++i) {
      pulls[i].doctype = mail::kDoctypes[i];
      pulls[i].outcome.name = database_name(account.name(), pulls[i].doctype);
      net::co_spawn(context, pull(pulls[i], client, account, workers, on_commit), finish);
    }
    context.run();
    workers.join();
  }

  outcome.pulled = {};
  for (Pull& pull : pulls) {
    if (pull.error) std::rethrow_exception(pull.error);
    add(outcome.pulled, pull.outcome.pulled);
    outcome.databases.push_back(std::move(pull.outcome));
  }
  if (with_index) {
    const auto start = Clock::now();
    indexer::Progress none;
    account.project(none);
    outcome.entries_indexed = account.index(none);
    metrics.entries_indexed(outcome.entries_indexed);
    outcome.index_duration = since(start);
  }
  outcome.quarantined = quarantined_of(account);
  return outcome;
}

}  // namespace api
