#include "replica/self_check.hpp"

#include <cstdlib>
#include <utility>

#include "replica/replication_log.hpp"
#include "replica/workers.hpp"

namespace replica {

namespace net = boost::asio;

net::awaitable<bool> SelfCheck::asks_for_sweep(const DatabaseInfo& begin,
                                               const PullSummary& summary) {
  const bool brought_something = summary.rows > 0;
  // cozy-stack tells no counts.
  if (ends_.options.keep || ends_.dialect == Dialect::kCozy) co_return false;
  if (!is_due_ && !brought_something) co_return false;
  DatabaseInfo info = begin;
  if (brought_something) info = co_await ends_.source.database_info(ends_.database);
  if (!info.documents || info.update_seq != begin.update_seq) co_return false;
  is_due_ = false;
  const Here here = co_await look();
  const auto explains = [&](std::int64_t counted_apart) {
    // Documents in quarantine may or may not be here in an earlier revision.
    return std::abs(*info.documents - here.documents - counted_apart) <= here.quarantined;
  };
  if (explains(here.counted_apart)) co_return false;
  const auto design_documents = co_await this->design_documents();
  if (!design_documents) co_return false;
  if (!explains(*design_documents)) co_return true;
  co_await remember(*design_documents);
  co_return false;
}

net::awaitable<void> SelfCheck::accept_difference() {
  const DatabaseInfo info = co_await ends_.source.database_info(ends_.database);
  if (!info.documents) co_return;
  const Here here = co_await look();
  co_await remember(*info.documents - here.documents);
}

net::awaitable<SelfCheck::Here> SelfCheck::look() const {
  auto count = [&store = ends_.store] {
    return Here{store.counts().documents, static_cast<std::int64_t>(store.quarantined().size()),
                parse_replication_log(store.replication_log()).counted_apart};
  };
  co_return co_await run_on(ends_.workers, std::move(count));
}

net::awaitable<void> SelfCheck::remember(std::int64_t counted_apart) {
  co_await run_on(ends_.workers, [&store = ends_.store, counted_apart] {
    ReplicationLog log = parse_replication_log(store.replication_log());
    log.counted_apart = counted_apart;
    store.set_replication_log(to_json(log));
  });
}

net::awaitable<std::optional<std::int64_t>> SelfCheck::design_documents() {
  try {
    co_return co_await ends_.source.count_design_documents(ends_.database);
  } catch (const SourceError& error) {
    if (error.status() == 0) throw;
  }
  co_return std::nullopt;
}

}  // namespace replica
