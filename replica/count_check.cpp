#include "replica/count_check.hpp"

#include <cstdlib>
#include <utility>

#include "replica/replication_log.hpp"
#include "replica/workers.hpp"

namespace replica {

namespace net = boost::asio;

net::awaitable<Counts> CountCheck::compare(const DatabaseInfo& begin, const PullSummary& summary) {
  const bool brought_something = summary.rows > 0;
  // cozy-stack tells no counts.
  if (context_.options.keep || context_.dialect == Dialect::kCozy) co_return Counts::kUnknown;
  if (!is_due_ && !brought_something) co_return Counts::kUnknown;
  DatabaseInfo info = begin;
  if (brought_something) info = co_await context_.source.database_info(context_.database);
  if (!info.documents || info.update_seq != begin.update_seq) co_return Counts::kUnknown;
  is_due_ = false;
  const LocalCounts local = co_await local_counts();
  const auto explains = [&](std::int64_t counted_apart) {
    // Documents in quarantine may or may not be here in an earlier revision.
    return std::abs(*info.documents - local.documents - counted_apart) <= local.quarantined;
  };
  if (explains(local.counted_apart)) co_return Counts::kEqual;
  const auto design_documents = co_await this->design_documents();
  if (!design_documents) co_return Counts::kUnknown;
  if (!explains(*design_documents)) {
    is_due_ = true;
    co_return Counts::kDiffer;
  }
  co_await store_difference(*design_documents);
  co_return Counts::kEqual;
}

net::awaitable<void> CountCheck::accept_difference() {
  const DatabaseInfo info = co_await context_.source.database_info(context_.database);
  if (!info.documents) co_return;
  const LocalCounts local = co_await local_counts();
  co_await store_difference(*info.documents - local.documents);
  is_due_ = false;
}

net::awaitable<CountCheck::LocalCounts> CountCheck::local_counts() const {
  auto count = [&store = context_.store] {
    return LocalCounts{store.counts().documents,
                       static_cast<std::int64_t>(store.quarantined().size()),
                       parse_replication_log(store.replication_log()).counted_apart};
  };
  co_return co_await run_on(context_.workers, std::move(count));
}

net::awaitable<void> CountCheck::store_difference(std::int64_t counted_apart) {
  co_await run_on(context_.workers, [&store = context_.store, counted_apart] {
    ReplicationLog log = parse_replication_log(store.replication_log());
    log.counted_apart = counted_apart;
    store.set_replication_log(to_json(log));
  });
}

net::awaitable<std::optional<std::int64_t>> CountCheck::design_documents() {
  try {
    co_return co_await context_.source.count_design_documents(context_.database);
  } catch (const SourceError& error) {
    if (error.status() == 0) throw;
  }
  co_return std::nullopt;
}

}  // namespace replica
