#include "replica/log_keeper.hpp"

#include <fmt/format.h>
#include <random>
#include <tuple>

#include "replica/http_status.hpp"
#include "replica/workers.hpp"

namespace replica {
namespace {

namespace net = boost::asio;

std::string random_id() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

// Whether an answer is about this document rather than about the source: no permission, no such route, a conflict.
bool is_refusal(const SourceError& error) {
  return error.status() >= http_status::kBadRequest &&
         error.status() <= http_status::kInternalServerError &&
         error.status() != http_status::kTooManyRequests;
}

}  // namespace

void LogKeeper::begin_session(const SourceSeq& since) {
  session_ = {};
  session_.id = random_id();
  session_.started = now();
  session_.start_seq = since;
  is_refused_ = !context_.options.write_checkpoints;
  written_ = Clock::now();
}

net::awaitable<LogVerdict> LogKeeper::compare_with_source() {
  co_await read();
  if (is_refused_) co_return LogVerdict{};
  co_return compare(store_log_, is_at_source_ ? std::optional(source_log_) : std::nullopt);
}

net::awaitable<void> LogKeeper::read() {
  if (is_refused_) co_return;
  auto read_copy = [&store = context_.store] {
    return std::pair(store.identity().uuid, store.replication_log());
  };
  auto [uuid, copy] = co_await run_on(context_.workers, std::move(read_copy));
  document_ = "_local/" + replication_id(uuid, context_.database);
  store_log_ = parse_replication_log(copy);
  std::optional<std::string> sent;
  try {
    sent = co_await context_.source.get_document(context_.database, document_);
  } catch (const SourceError& error) {
    if (!is_refusal(error)) throw;
    is_refused_ = true;
  }
  is_at_source_ = sent.has_value();
  source_log_ = sent ? parse_replication_log(*sent) : ReplicationLog{};
  is_read_ = true;
}

net::awaitable<void> LogKeeper::write(const PullSummary& summary) {
  if (!is_read_) co_await read();
  if (is_refused_) co_return;
  const Checkpoint checkpoint =
      co_await run_on(context_.workers, [&store = context_.store] { return store.checkpoint(); });
  session_.ended = now();
  session_.recorded_seq = checkpoint.since;
  session_.checked = summary.rows;
  session_.read = summary.documents + summary.quarantined;
  session_.written = summary.documents;
  session_.failures = summary.quarantined;
  written_ = Clock::now();
  const bool is_put = co_await put();
  if (is_put) co_return;
  co_await read();  // somebody else wrote it
  std::ignore = co_await put();
}

net::awaitable<void> LogKeeper::write_when_due(const PullSummary& summary) {
  if (Clock::now() - written_ >= tuning::kReplicationLogInterval) co_await write(summary);
}

// False when the document is another than the one that we read.
net::awaitable<bool> LogKeeper::put() {
  if (is_refused_) co_return true;
  ReplicationLog log = source_log_;
  record(log, session_);
  merge(log, store_log_);
  log.counted_apart = 0;
  BulkDocsRow verdict;
  try {
    verdict = co_await context_.source.put_document(context_.database, document_, to_json(log));
  } catch (const SourceError& error) {
    if (!is_refusal(error)) throw;
    is_refused_ = true;
    co_return true;
  }
  if (!verdict.error.empty()) co_return false;
  log.rev = verdict.rev;
  is_at_source_ = true;
  source_log_ = log;
  store_log_ = std::move(log);
  auto keep = [&store = context_.store, copy = store_log_]() mutable {
    copy.counted_apart = parse_replication_log(store.replication_log()).counted_apart;
    store.set_replication_log(to_json(copy));
  };
  co_await run_on(context_.workers, std::move(keep));
  co_return true;
}

}  // namespace replica
