// What a pull of one database is told, what it works on, and what it tells.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "replica/blobs.hpp"
#include "replica/couch_client.hpp"
#include "replica/store.hpp"
#include "replica/tuning.hpp"

namespace replica {

// Where the feed ended, beside the update sequence that the database had when the pull began.
enum class FeedEnd {
  kAtSequence,
  // Before it. In a cluster that says little: copies of a shard may number their changes differently for good, and purges, changes
  // of _security and the like have numbers, but no rows. Or the node that sent the feed is behind the one that told the sequence.
  kEarly,
  kBehind,  // before or behind it, and the database counts other documents than are here
};

struct PullSummary {
  std::uint64_t rows = 0;  // rows of the feed
  std::uint64_t documents = 0;  // documents that changed here
  std::uint64_t quarantined = 0;
  std::uint64_t bytes = 0;  // of the feed's answers; of a commit, of its documents
  std::uint64_t blobs = 0;  // attachments whose bytes came
  bool swept = false;  // everything here was compared with the source
  FeedEnd feed_end = FeedEnd::kAtSequence;
};

// Of pulls that followed each other, or of several databases: `feed_end` is that of the last.
inline void add(PullSummary& sum, const PullSummary& part) {
  sum.rows += part.rows;
  sum.documents += part.documents;
  sum.quarantined += part.quarantined;
  sum.bytes += part.bytes;
  sum.blobs += part.blobs;
  sum.swept = sum.swept || part.swept;
  sum.feed_end = part.feed_end;
}

// Somebody asked for the end of a pull; what was committed before stays.
struct PullStopped : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Which of the documents and attachments that failed before are tried again.
enum class Retry {
  kDue,  // those whose next attempt is due
  kAll,
};

// What is replicated, and how. The functions are called on workers.
struct ReplicatorOptions {
  // The replication log is written to the source as well, as `_local/{replication id}`; a source that refuses is no failure.
  bool write_checkpoints = true;
  // False for a document that is to be left out, by the JSON of its winner; deletions are never left out. Null: all are kept.
  std::function<bool(std::string_view document)> keep;
  // The feed has ended elsewhere than at the update sequence of now for so long that few nodes are behind: differing counts are a
  // reason to sweep all the same.
  bool differs_for_good = false;
  // Names `keep` in the checkpoint: with another one all documents are looked at again.
  std::string filter;
  // True for an attachment whose bytes are to be fetched. Null: none.
  std::function<bool(std::string_view content_type, std::uint64_t length)> wants_bytes;
  // Where the bytes go; null when `wants_bytes` is.
  Blobs* blobs = nullptr;
  // Of documents: what a page is aimed at, what two fetches have, what a commit has.
  std::uint64_t batch_bytes = tuning::kBatchBytes;
  // Told, on the source's executor, how many rows the source has after a page. Null: nobody asks.
  std::function<void(std::int64_t rows)> on_pending = {};
  // Awaited, on the source's executor, before the store is marked to be swept. What it throws, the pull throws. Null: nobody
  // is to know.
  std::function<boost::asio::awaitable<void>()> before_sweep = {};
  // Once true, the pull ends with PullStopped before its next page and its next commit. Null: it cannot be stopped.
  std::shared_ptr<const std::atomic<bool>> stop = {};
};

inline void throw_if_stopped(const ReplicatorOptions& options) {
  if (options.stop && *options.stop) throw PullStopped("it was told to stop");
}

// What the parts of one replication work on.
struct PullContext {
  CouchClient& source;
  std::string database;
  Store& store;
  boost::asio::thread_pool& workers;
  ReplicatorOptions options;
  Dialect dialect = Dialect::kPouchdb;  // the source's, as the session that began last found it
};

}  // namespace replica
