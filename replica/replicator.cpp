#include "replica/replicator.hpp"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <charconv>
#include <utility>

#include "replica/page_plan.hpp"
#include "replica/tuning.hpp"
#include "replica/workers.hpp"

namespace replica {
namespace {

// CouchDB answers 400 to a sequence that it never gave, as after another server took its place.
bool refuses_sequence(const SourceError& error, const SourceSeq& since) {
  constexpr int kBadRequest = 400;
  return error.status() == kBadRequest && !since.json.empty();
}

bool is_last(const ChangesPage& page, const SourceSeq& since, std::size_t limit) {
  if (page.rows.empty() && page.last_seq == since) return true;
  return page.pending ? *page.pending == 0 : page.rows.size() < limit;
}

// Rows of the next page, so that its documents come to about kBatchBytes.
std::size_t next_limit(const ChangesPage& page, std::size_t limit) {
  if (page.rows.empty()) return limit;
  const std::uint64_t row_bytes = std::max<std::uint64_t>(page.bytes / page.rows.size(), 1);
  return std::clamp<std::size_t>(tuning::kBatchBytes / row_bytes, tuning::kMinPageRows,
                                 tuning::kMaxPageRows);
}

}  // namespace

Replicator::Replicator(CouchClient& source, std::string database, Store& store,
                       net::thread_pool& workers, std::function<void(const PullSummary&)> on_commit)
    : source_(source),
      database_(std::move(database)),
      store_(store),
      workers_(workers),
      on_commit_(std::move(on_commit)),
      limit_(tuning::kFirstPageRows) {}

net::awaitable<PullSummary> Replicator::pull_until_caught_up() {
  PullSummary summary;
  co_await begin_session();
  co_await retry_quarantined(summary);
  while (co_await pull_batch(summary)) {
  }
  co_return summary;
}

// One turn of the replication: takes over one page of the feed, while the next is under way. False after the last.
net::awaitable<bool> Replicator::pull_batch(PullSummary& summary) {
  using net::experimental::awaitable_operators::operator&&;
  ChangesPage page = co_await next_page();
  if (caught_up_) {
    co_await take_over(page, summary);
  } else {
    next_ = co_await (take_over(page, summary) && ask_for_page(page.last_seq));
  }
  co_return !caught_up_;
}

// Of a server whose sequences are numbers that only grow (PouchDB Server).
bool Replicator::is_before(std::string_view update_seq, std::string_view since) {
  std::uint64_t now = 0, then = 0;
  const auto is_number = [](std::string_view text, std::uint64_t& number) {
    const auto end = text.data() + text.size();
    return std::from_chars(text.data(), end, number).ptr == end && !text.empty();
  };
  return is_number(update_seq, now) && is_number(since, then) && now < then;
}

// Learns whether the source is still the database that the checkpoint speaks of.
net::awaitable<void> Replicator::begin_session() {
  const ServerInfo server = co_await source_.server_info();
  const DatabaseInfo info = co_await source_.database_info(database_);
  const Checkpoint checkpoint =
      co_await on(workers_, [&store = store_] { return store.checkpoint(); });
  // PouchDB Server's is the time when the server was started.
  const bool is_couchdb = server.dialect == Dialect::kCouchdb;
  incarnation_ = is_couchdb ? info.instance_start_time : std::string();
  const bool is_same = checkpoint.incarnation == incarnation_ &&
                       (is_couchdb || !is_before(info.update_seq, checkpoint.since.json));
  position_ = is_same ? checkpoint.since : SourceSeq();
  caught_up_ = false;
  next_.reset();
}

net::awaitable<void> Replicator::retry_quarantined(PullSummary& summary) {
  auto quarantined = co_await on(workers_, [&store = store_] { return store.quarantined(); });
  std::sort(quarantined.begin(), quarantined.end(),
            [](const Quarantined& a, const Quarantined& b) { return a.attempts < b.attempts; });
  if (quarantined.size() > tuning::kQuarantineRetries)
    quarantined.resize(tuning::kQuarantineRetries);
  Batch batch;
  for (const Quarantined& each : quarantined) {
    if (each.id.empty()) continue;  // a row without readable id: there is nothing to ask for
    std::vector<RevisionsOfDocument> all_leaves(1);
    all_leaves.front().id = each.id;
    auto leaves = co_await source_.fetch(database_, std::move(all_leaves));
    if (leaves.empty()) batch.released.push_back(each.id);
    add_fetched(batch, std::move(leaves));
    if (bytes_of(batch) < tuning::kBatchBytes) continue;
    Batch full = std::exchange(batch, {});
    co_await commit(std::move(full), summary);
  }
  co_await commit(std::move(batch), summary);
}

net::awaitable<ChangesPage> Replicator::next_page() {
  const SourceSeq since = position_;
  if (!next_) next_ = co_await ask_for_page(since);
  Awaited awaited = std::move(*next_);
  next_.reset();
  if (awaited.error) std::rethrow_exception(awaited.error);
  caught_up_ = is_last(awaited.page, since, awaited.limit);
  position_ = awaited.page.last_seq;
  limit_ = next_limit(awaited.page, awaited.limit);
  co_return std::move(awaited.page);
}

// Keeps an error instead of throwing it: the page before is still being taken over.
net::awaitable<Replicator::Awaited> Replicator::ask_for_page(SourceSeq since) {
  Awaited awaited;
  awaited.limit = limit_;
  ChangesQuery query;
  query.since = since;
  query.limit = limit_;
  query.include_docs = true;
  bool start_over = false;
  try {
    awaited.page = co_await source_.changes(database_, query);
  } catch (const SourceError& error) {
    start_over = refuses_sequence(error, since);
    if (!start_over) awaited.error = std::current_exception();
  }
  if (!start_over) co_return awaited;
  position_ = query.since = {};
  awaited.page = co_await source_.changes(database_, query);
  co_return awaited;
}

net::awaitable<void> Replicator::take_over(ChangesPage& page, PullSummary& summary) {
  auto find_missing = [&store = store_, revisions = revisions_of(page)] {
    return store.missing(revisions);
  };
  auto missing = co_await on(workers_, std::move(find_missing));
  PagePlan plan = plan_page(page, std::move(missing));
  for (auto& wanted : plan.fetches) {
    add_fetched(plan.batch, co_await source_.fetch(database_, std::move(wanted)));
    if (bytes_of(plan.batch) < tuning::kBatchBytes) continue;
    Batch full = std::exchange(plan.batch, {});
    co_await commit(std::move(full), summary);
  }
  plan.batch.checkpoint = Checkpoint{page.last_seq, incarnation_, {}, {}};
  summary.rows += page.rows.size();
  summary.bytes += page.bytes;
  co_await commit(std::move(plan.batch), summary);
}

net::awaitable<void> Replicator::commit(Batch batch, PullSummary& summary) {
  auto write = [&store = store_, on_commit = on_commit_, batch = std::move(batch)] {
    PullSummary committed;
    committed.documents = store.commit(batch).documents;
    committed.quarantined = batch.quarantined.size();
    committed.bytes = bytes_of(batch);
    if (on_commit && (committed.documents > 0 || committed.quarantined > 0)) on_commit(committed);
    return committed;
  };
  const PullSummary done = co_await on(workers_, std::move(write));
  summary.documents += done.documents;
  summary.quarantined += done.quarantined;
}

net::awaitable<bool> Replicator::wait_for_change(std::chrono::milliseconds timeout) {
  ChangesQuery query;
  const Checkpoint checkpoint =
      co_await on(workers_, [&store = store_] { return store.checkpoint(); });
  query.since = checkpoint.since;
  query.limit = 1;
  query.wait = timeout;
  const ChangesPage page = co_await source_.changes(database_, query);
  co_return !page.rows.empty();
}

}  // namespace replica
