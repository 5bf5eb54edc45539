#include "replica/replicator.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <fmt/format.h>
#include <iterator>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "replica/resume.hpp"
#include "replica/two_at_once.hpp"
#include "replica/workers.hpp"

namespace replica {

Replicator::Replicator(CouchClient& source, std::string database, Store& store,
                       net::thread_pool& workers, std::function<void(const PullSummary&)> on_commit,
                       ReplicatorOptions options)
    : context_{source, std::move(database), store, workers, std::move(options)},
      writer_(context_, std::move(on_commit)) {}

net::awaitable<PullSummary> Replicator::pull_until_caught_up() {
  PullSummary summary;
  co_await begin_session(summary);
  co_await refresher_.retry_quarantined(retry_, summary);
  co_await follow_feed(summary);
  const Counts counts = co_await check_counts(summary);
  // Attachments take their time: the feed is looked at now and then.
  attachments_.begin_pull(retry_);
  bool has_more = co_await attachments_.fetch_some(summary);
  while (has_more) {
    co_await follow_feed(summary);
    has_more = co_await attachments_.fetch_some(summary);
  }
  if (summary.rows > 0) co_await log_.write(summary);
  retry_ = Retry::kDue;
  pulled_up_to_ = info_.update_seq;
  summary.feed_end = feed_end(counts);
  co_return summary;
}

bool Replicator::ends_early() const { return ends_before(checkpoint_.since, info_); }

// `counts` differ only as long as another copy may have told them.
FeedEnd Replicator::feed_end(Counts counts) const {
  if (counts == Counts::kDiffer) return FeedEnd::kBehind;
  return ends_early() ? FeedEnd::kEarly : FeedEnd::kAtSequence;
}

// Learns what the source is now, and whether the checkpoint continues it.
net::awaitable<void> Replicator::begin_session(PullSummary& summary) {
  const ServerInfo server = co_await context_.source.server_info();
  info_ = co_await context_.source.database_info(context_.database);
  context_.dialect = server.dialect;
  auto read = [&store = context_.store] {
    return std::pair(store.checkpoint(), store.is_sweeping());
  };
  std::tie(checkpoint_, is_sweeping_) = co_await run_on(context_.workers, std::move(read));
  co_await require_replica();
  log_.begin_session(checkpoint_.since);
  const auto since = co_await where_to_resume();
  if (!since) {
    co_await begin_sweep();
    co_return;
  }
  pages_.start(*since, is_sweeping_);
  if (since->json.empty() || checkpoint_.purge_seq.empty() || !has_purged(checkpoint_, info_))
    co_return;
  const bool is_named = co_await refresher_.apply_purges(checkpoint_at(*since), summary);
  if (!is_named) co_await begin_sweep();
}

// Documents that came from no source, as by an import, would be purged as what the source lacks. A store that is pulled into
// has a log from its first session on.
net::awaitable<void> Replicator::require_replica() {
  if (!checkpoint_.since.json.empty() || is_sweeping_) co_return;
  auto claim = [&store = context_.store] {
    if (!store.replication_log().empty()) return true;
    if (store.last_seq() > LocalSeq{}) return false;
    store.set_replication_log(to_json(ReplicationLog{}));
    return true;
  };
  const bool is_replica = co_await run_on(context_.workers, std::move(claim));
  if (is_replica) co_return;
  throw std::runtime_error(
      fmt::format("{}: the account here holds documents of its own, as from an import, and a "
                  "source would take their place: pull into another account, or import them "
                  "--into the source and remove the account's folder here",
                  context_.database));
}

// Nothing when the checkpoint does not continue the source.
net::awaitable<std::optional<SourceSeq>> Replicator::where_to_resume() {
  const SourceSeq& since = checkpoint_.since;
  const Continuation found =
      continuation(checkpoint_, info_, context_.dialect, context_.options.filter);
  if (found == Continuation::kBroken) co_return std::nullopt;
  // A sweep that has met documents, but has no checkpoint yet, does not know what was purged since.
  if (is_sweeping_ && since.json.empty()) co_return std::nullopt;
  const bool is_first = pulled_up_to_.empty();
  const bool has_moved = info_.update_seq != pulled_up_to_;
  const bool asks_log = is_first || (found == Continuation::kUncertain && has_moved);
  if (since.json.empty() || !asks_log) co_return since;
  const LogVerdict verdict = co_await log_.compare_with_source();
  switch (verdict.source) {
    case LogVerdict::Source::kContinues:
      co_return since;
    case LogVerdict::Source::kKnowsMore:
      // Killed before the store had its copy; else put back, with the checkpoint that belongs to it.
      if (verdict.since != since)
        co_await run_on(context_.workers, [&store = context_.store] { store.renew_epoch(); });
      co_return since;
    case LogVerdict::Source::kIsAnother:
      break;
  }
  co_return std::nullopt;
}

net::awaitable<void> Replicator::begin_sweep() {
  if (context_.options.before_sweep) co_await context_.options.before_sweep();
  co_await run_on(context_.workers, [&store = context_.store] { store.begin_sweep(); });
  is_sweeping_ = true;
  checkpoint_.purge_seq.clear();  // it compares all, so purges count from what the source says now
  pages_.start({}, is_sweeping_);
}

net::awaitable<void> Replicator::follow_feed(PullSummary& summary) {
  pages_.resume();
  bool has_more = true;
  while (has_more) {
    has_more = co_await pull_batch(summary);
    co_await log_.write_when_due(summary);
  }
}

// Sweeps for a difference, once, but not for what a node that is behind does not show yet, nor for what it counts.
net::awaitable<Counts> Replicator::check_counts(PullSummary& summary) {
  const auto may_be_behind = [this] {
    return are_of_other_copies(checkpoint_.since, info_) && !context_.options.differs_for_good;
  };
  const Counts counts = co_await count_check_.compare(info_, summary);
  if (counts != Counts::kDiffer || may_be_behind()) co_return counts;
  co_await begin_sweep();
  co_await follow_feed(summary);
  if (may_be_behind()) co_return counts;
  co_await count_check_.accept_difference();
  co_return Counts::kEqual;
}

// One turn of the replication: takes over one page of the feed, while the next is under way. False after the last.
net::awaitable<bool> Replicator::pull_batch(PullSummary& summary) {
  throw_if_stopped(context_.options);
  auto page = co_await pages_.next();
  if (!page) {
    co_await begin_sweep();
  } else if (pages_.caught_up()) {
    co_await process(*page, summary);
  } else {
    co_await process_and_prefetch(*page, summary);
  }
  co_return !pages_.caught_up();
}

// Where both fail, the first failure is what is told: the other may be nothing but its consequence.
net::awaitable<void> Replicator::process_and_prefetch(ChangesPage& page, PullSummary& summary) {
  using net::experimental::awaitable_operators::operator&&;
  try {
    co_await (process(page, summary) && pages_.prefetch());
  } catch (const net::multiple_exceptions& both) {
    std::rethrow_exception(both.first_exception());
  }
}

net::awaitable<void> Replicator::process(ChangesPage& page, PullSummary& summary) {
  auto compare = [&store = context_.store, all = revisions_of(page),
                  is_sweep = is_sweeping_]() mutable {
    auto missing = is_sweep ? store.missing_leaves(all) : store.missing(all);
    return std::pair(std::move(all), std::move(missing));
  };
  auto [all, missing] = co_await run_on(context_.workers, std::move(compare));
  if (page.pending && context_.options.on_pending) context_.options.on_pending(*page.pending);
  summary.rows += page.rows.size();
  summary.bytes += page.bytes;

  if (page.rows.empty() && !is_sweeping_ && checkpoint_at(page.last_seq) == checkpoint_) co_return;

  PagePlan plan =
      plan_page(page, std::move(missing), {context_.options.batch_bytes / 2, document_bytes_});
  if (is_sweeping_) add_exact(plan, std::move(all));
  const std::function<net::awaitable<void>(Fetch&)> fetch =
      [&](Fetch& each) -> net::awaitable<void> {
    co_await process_fetch(each, plan.batch, summary);
  };
  co_await two_at_once(plan.fetches, fetch);
  plan.batch.checkpoint = checkpoint_at(page.last_seq);
  checkpoint_ = *plan.batch.checkpoint;
  co_await writer_.commit(std::move(plan.batch), summary);
  if (is_sweeping_ && pages_.caught_up()) co_await end_sweep(summary);
}

// What a sweep has not met is purged. It is asked for first, unless there is but one copy of each shard: the node that sent the feed
// may be behind, while a document is read from several copies, and Sync Gateway ends a feed whose query failed as if it were whole.
net::awaitable<void> Replicator::end_sweep(PullSummary& summary) {
  if (info_.copies != 1) co_await refresher_.refresh_unmet(summary);
  Batch last;
  last.ends_sweep = true;
  co_await writer_.commit(std::move(last), summary);
  is_sweeping_ = false;
  summary.swept = true;
}

// Commits what has come when it is much.
net::awaitable<void> Replicator::process_fetch(Fetch& fetch, Batch& batch, PullSummary& summary) {
  auto fetched = co_await fetcher_.fetch(std::move(fetch.wanted));
  const std::size_t documents = fetched.size();
  const std::uint64_t before = bytes_of(batch);
  add_fetched(batch, std::move(fetched));
  const std::uint64_t bytes = bytes_of(batch);
  adapt_document_size(bytes - before, documents);
  std::move(fetch.exact.begin(), fetch.exact.end(), std::back_inserter(batch.exact));
  if (bytes < context_.options.batch_bytes) co_return;
  Batch full = std::exchange(batch, {});
  co_await writer_.commit(std::move(full), summary);
}

void Replicator::adapt_document_size(std::uint64_t bytes, std::size_t documents) {
  if (documents > 0) document_bytes_ = (document_bytes_ + bytes / documents) / 2 + 1;
}

Checkpoint Replicator::checkpoint_at(SourceSeq since) const {
  const std::string incarnation = incarnation_of(info_, context_.dialect);
  const bool counts_on = incarnation == checkpoint_.incarnation && !checkpoint_.purge_seq.empty() &&
                         !has_purged(checkpoint_, info_);
  return {std::move(since), incarnation, counts_on ? checkpoint_.purge_seq : info_.purge_seq,
          context_.options.filter};
}

}  // namespace replica
