#include "api/database_puller.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>
#include <string>
#include <utility>

#include "api/clock.hpp"
#include "api/log.hpp"
#include "api/replica_options.hpp"
#include "api/store_upkeep.hpp"
#include "replica/resume.hpp"
#include "replica/workers.hpp"

namespace api {
namespace {

namespace net = boost::asio;

struct QuarantineState {
  std::uint32_t count = 0;  // documents that are not ignored
  std::optional<std::chrono::sys_seconds> next_attempt;
};

QuarantineState quarantine_state(const replica::Store& store) {
  const auto all = store.quarantined();
  const auto ignored =
      std::count_if(all.begin(), all.end(), [](const auto& each) { return each.is_ignored(); });
  return {static_cast<std::uint32_t>(all.size() - static_cast<std::size_t>(ignored)),
          store.next_attempt()};
}

using std::chrono::steady_clock;

// Few nodes of a cluster are behind for longer.
constexpr std::chrono::minutes kCatchUpTime{1};

// True when the database has changed since its last pull. Of a cluster another sequence alone says nothing, since it is of the
// copies that answered.
bool note_sequence(FollowedDatabase& database, const replica::DatabaseInfo& info) {
  if (database.seen == fingerprint(info.update_seq, info.instance_start_time)) return false;
  const auto seq = replica::sum_of_shards(info.update_seq);
  if (seq && *seq <= database.greatest_seq) return false;
  database.greatest_seq = seq.value_or(0);
  database.ends_early_since = {};
  return true;
}

steady_clock::duration ended_early(const FollowedDatabase& database) {
  const bool ends_early = database.ends_early_since != steady_clock::time_point{};
  return ends_early ? steady_clock::now() - database.ends_early_since : steady_clock::duration{};
}

// When to read a feed again that ended there: after as long as it has done so, since it may do so for good.
std::optional<std::chrono::sys_seconds> read_again_at(FollowedDatabase& database,
                                                      replica::FeedEnd end) {
  if (end == replica::FeedEnd::kAtSequence) {
    database.ends_early_since = {};
    return std::nullopt;
  }
  if (database.ends_early_since == steady_clock::time_point{})
    database.ends_early_since = steady_clock::now();
  constexpr std::chrono::seconds kFirst{5}, kLongest{std::chrono::hours(24)};
  const auto pause = std::chrono::ceil<std::chrono::seconds>(ended_early(database));
  return current_time() + std::clamp(pause, kFirst, kLongest);
}

}  // namespace

DatabasePuller::DatabasePuller(const SourceParts& parts, PullQueue& pulls, DatabaseRecords& records)
    : parts_(parts), databases_(parts.databases), pulls_(pulls), records_(records) {}

net::awaitable<PullResult> DatabasePuller::pull(DatabaseId id, PullOptions options) {
  // A store is created only for a database that is there.
  if (!databases_[id].info_at_source) {
    const std::string name = databases_.name(id);
    databases_[id].info_at_source =
        std::make_unique<replica::DatabaseInfo>(co_await parts_.client.database_info(name));
  }
  const replica::DatabaseInfo began = *databases_[id].info_at_source;
  const bool has_moved = note_sequence(databases_[id], began);
  const bool is_indexed = options.is_indexed;
  Opened opened = co_await open_store(id);

  std::exception_ptr error;
  PullResult result;
  try {
    result = co_await replicate(id, std::move(opened), std::move(options));
  } catch (...) {
    error = std::current_exception();
  }
  databases_[id].pending = 0;
  parts_.indexing.end_pull(databases_.account(id), is_indexed);
  if (error) std::rethrow_exception(error);
  result.has_moved = has_moved || result.summary.rows > 0;
  record(id, began, result);
  co_return result;
}

// Also calls Indexing::begin_pull; the caller calls end_pull.
net::awaitable<DatabasePuller::Opened> DatabasePuller::open_store(DatabaseId id) {
  const std::string account_name = databases_.account(id);
  const mail::Doctype doctype = databases_.doctype(id);
  if (databases_[id].seen == 0) {
    log_event(Level::kInfo, "firstPull", fmt::format("{}: first pull", databases_.name(id)),
              {{"account", account_name}, {"database", databases_.name(id)}});
  }
  const bool is_asked = databases_[id].is_resync_pending;
  const bool is_unfinished = databases_[id].seen == resync_fingerprint();
  auto open = [&parts = parts_, account_name, doctype, is_asked, is_unfinished] {
    Opened opened;
    opened.account = parts.accounts.find(account_name);
    if (!opened.account) throw std::runtime_error("the account cannot be opened");
    opened.store = &opened.account->stores().create(doctype);
    // A sweep that is under way goes on, unless another was asked for.
    if (is_asked || (is_unfinished && !opened.store->is_sweeping()))
      begin_sweep(*opened.account, doctype);
    parts.indexing.begin_pull(account_name);
    return opened;
  };
  Opened opened = co_await replica::run_on(parts_.workers, std::move(open));
  if (is_asked) databases_[id].is_resync_pending = false;
  co_return opened;
}

net::awaitable<PullResult> DatabasePuller::replicate(DatabaseId id, Opened opened,
                                                     PullOptions options) {
  FollowedDatabase& database = databases_[id];
  const std::string account_name = databases_.account(id);
  auto on_commit = [&parts = parts_, account_name, options](const replica::PullSummary& batch) {
    parts.metrics.documents_pulled(batch.documents);
    parts.indexing.filled(account_name, batch.documents);
    parts.metrics.bytes_pulled(batch.bytes);
    parts.metrics.quarantined(batch.quarantined);
    if (options.is_indexed) parts.indexing.schedule(account_name);
    if (options.on_commit) options.on_commit(batch);
  };
  auto replicator_options =
      replica_options(parts_.config, parts_.source, *opened.account, databases_.doctype(id));
  replicator_options.differs_for_good = ended_early(database) >= kCatchUpTime;
  replicator_options.stop = pulls_.stop_flag(id);
  replicator_options.before_sweep = [this, id] { return records_.forget_sequences({id}); };
  replicator_options.on_pending = [&database](std::int64_t rows) { database.pending = rows; };
  replica::Replicator replicator(parts_.client, databases_.name(id), *opened.store, parts_.workers,
                                 std::move(on_commit), std::move(replicator_options));
  if (options.retries_all) replicator.retry_now();
  const auto began = steady_clock::now();
  PullResult result;
  result.summary = co_await replicator.pull_until_caught_up();
  parts_.metrics.batch("pull", steady_clock::now() - began);
  auto read = [store = opened.store] { return quarantine_state(*store); };
  const QuarantineState quarantine = co_await replica::run_on(parts_.workers, std::move(read));
  result.quarantined = quarantine.count;
  result.next_attempt = quarantine.next_attempt;
  const auto again = read_again_at(database, result.summary.feed_end);
  if (again) result.next_attempt = std::min(result.next_attempt.value_or(*again), *again);
  co_return result;
}

// `began`: the database's state before the pull. Everything up to it has been pulled; what a node that
// was behind did not have yet is asked for at the next attempt.
void DatabasePuller::record(DatabaseId id, const replica::DatabaseInfo& began,
                            const PullResult& result) {
  FollowedDatabase& database = databases_[id];
  // A probe found the database gone while the pull was ending.
  if (database.state == FeedState::kGone) return;
  database.is_present = true;
  database.is_identity_verified = true;
  // A resync that was asked for during the pull is still to be done.
  database.seen = database.is_resync_pending
                      ? resync_fingerprint()
                      : fingerprint(began.update_seq, began.instance_start_time);
  database.quarantined = result.quarantined;
  records_.queue(
      databases_.known(id, began.update_seq, began.instance_start_time, result.next_attempt));
}

}  // namespace api
