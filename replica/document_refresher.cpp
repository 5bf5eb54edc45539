#include "replica/document_refresher.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "replica/http_status.hpp"
#include "replica/page_plan.hpp"
#include "replica/workers.hpp"

namespace replica {

using OnTransient = RevisionFetcher::OnTransient;

namespace {

std::vector<std::string> ids_to_retry(std::vector<Quarantined> quarantined, Retry retry) {
  const auto now = std::chrono::system_clock::now();
  std::erase_if(quarantined, [&](const Quarantined& each) {
    // There is nothing to ask for where a row had no readable id. AttachmentFetcher tries attachments.
    if (each.id.empty() || !each.attachment.empty() || each.is_ignored()) return true;
    return retry == Retry::kDue && each.next_attempt > now;
  });
  std::stable_sort(
      quarantined.begin(), quarantined.end(),
      [](const Quarantined& a, const Quarantined& b) { return a.attempts < b.attempts; });
  if (retry == Retry::kDue && quarantined.size() > tuning::kQuarantineRetries)
    quarantined.resize(tuning::kQuarantineRetries);
  std::vector<std::string> ids;
  for (Quarantined& each : quarantined) ids.push_back(std::move(each.id));
  return ids;
}

// Whether a leaf here may be one that went with these revisions: one of them is known here, or may descend from a leaf here. Those
// that went with earlier purges are listed as well.
bool may_lose_leaf(const RevisionTree& tree, const std::vector<RevId>& purged) {
  const auto may_descend = [&tree](const RevId& rev) {
    return std::any_of(tree.leaves().begin(), tree.leaves().end(),
                       [&rev](const Leaf& leaf) { return leaf.rev.generation < rev.generation; });
  };
  return std::any_of(purged.begin(), purged.end(),
                     [&](const RevId& rev) { return tree.contains(rev) || may_descend(rev); });
}

}  // namespace

net::awaitable<void> DocumentRefresher::retry_quarantined(Retry retry, PullSummary& summary) {
  auto quarantined =
      co_await run_on(context_.workers, [&store = context_.store] { return store.quarantined(); });
  auto ids = ids_to_retry(std::move(quarantined), retry);
  // What is in quarantine may stay there.
  co_await refresh(std::move(ids), OnTransient::kReport, {}, summary);
}

net::awaitable<bool> DocumentRefresher::apply_purges(Checkpoint after, PullSummary& summary) {
  auto purged = co_await context_.source.purged(context_.database);
  if (!purged) co_return false;
  auto find_concerned = [&store = context_.store, purged = std::move(*purged)] {
    std::vector<std::string> ids;
    for (const RevisionsOfDocument& document : purged) {
      const auto tree = store.tree(document.id);
      if (tree && may_lose_leaf(*tree, document.revs)) ids.push_back(document.id);
    }
    return ids;
  };
  auto ids = co_await run_on(context_.workers, std::move(find_concerned));
  co_await refresh(std::move(ids), OnTransient::kThrow, std::move(after), summary);
  co_return true;
}

net::awaitable<void> DocumentRefresher::refresh_unmet(PullSummary& summary) {
  constexpr std::size_t kAtOnce = 500;
  auto next = [&store = context_.store] { return store.unmet(kAtOnce); };
  for (;;) {
    auto ids = co_await run_on(context_.workers, next);
    if (ids.empty()) co_return;
    const auto absent = co_await context_.source.absent(context_.database, ids);
    const std::set<std::string> gone(absent.begin(), absent.end());
    std::erase_if(ids, [&gone](const std::string& id) { return gone.contains(id); });
    co_await forget(absent, summary);
    co_await refresh_some(std::move(ids), summary);
  }
}

// What a gateway refuses goes to quarantine, where it stays as it is, but not when it refuses all.
net::awaitable<void> DocumentRefresher::refresh_some(std::vector<std::string> ids,
                                                     PullSummary& summary) {
  constexpr std::size_t kAtOnce = tuning::kMaxRefusedByGateway;
  for (std::size_t first = 0; first < ids.size(); first += kAtOnce) {
    const std::size_t end = std::min(first + kAtOnce, ids.size());
    std::vector<std::string> some(ids.data() + first, ids.data() + end);
    const std::uint64_t before = summary.quarantined;
    co_await refresh(std::move(some), OnTransient::kReport, {}, summary);
    if (summary.quarantined - before < kAtOnce) continue;
    throw SourceError(
        SourceError::Kind::kServer, http_status::kServiceUnavailable,
        context_.database + ": it refuses one document after the other, see their quarantine");
  }
}

net::awaitable<void> DocumentRefresher::forget(std::vector<std::string> ids, PullSummary& summary) {
  if (ids.empty()) co_return;
  Batch batch;
  batch.is_refreshed = true;
  for (const std::string& id : ids) batch.exact.push_back({id, {}});
  batch.released = std::move(ids);
  co_await writer_.commit(std::move(batch), summary);
}

// A revision that was purged may have come again: what the source has now is what counts.
net::awaitable<void> DocumentRefresher::refresh(std::vector<std::string> ids,
                                                OnTransient on_transient,
                                                std::optional<Checkpoint> checkpoint,
                                                PullSummary& summary) {
  Batch batch;
  for (const std::string& id : ids) {
    auto leaves = co_await fetcher_.fetch_leaves(id, on_transient);
    RevisionsOfDocument exact;
    exact.id = id;
    for (const FetchedRevision& leaf : leaves) exact.revs.push_back(leaf.revision.rev);
    if (leaves.empty()) batch.released.push_back(id);
    batch.is_refreshed = true;
    batch.exact.push_back(std::move(exact));
    add_fetched(batch, std::move(leaves));
    if (bytes_of(batch) < context_.options.batch_bytes) continue;
    Batch full = std::exchange(batch, {});
    co_await writer_.commit(std::move(full), summary);
  }
  batch.checkpoint = std::move(checkpoint);
  if (!ids.empty() || batch.checkpoint) co_await writer_.commit(std::move(batch), summary);
}

}  // namespace replica
