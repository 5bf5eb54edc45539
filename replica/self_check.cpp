#include "replica/self_check.hpp"

#include <cstdlib>
#include <utility>

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
  if (info.update_seq != begin.update_seq) co_return false;
  const auto found = co_await difference(info);
  is_due_ = !found;
  co_return found&&* found != 0 && swept_for_.insert(*found).second;
}

net::awaitable<std::optional<std::int64_t>> SelfCheck::difference(const DatabaseInfo& info) {
  if (!design_documents_) {
    try {
      design_documents_ = co_await ends_.source.count_design_documents(ends_.database);
    } catch (const SourceError& error) {
      if (error.status() == 0) throw;
      co_return std::nullopt;
    }
  }
  auto count = [&store = ends_.store] {
    return std::pair(store.counts().documents, store.quarantined().size());
  };
  const auto [documents, quarantined] = co_await on(ends_.workers, std::move(count));
  const std::int64_t difference = info.documents - *design_documents_ - documents;
  // Documents in quarantine may or may not be here in an earlier revision.
  if (std::abs(difference) <= static_cast<std::int64_t>(quarantined)) co_return 0;
  co_return difference;
}

}  // namespace replica
