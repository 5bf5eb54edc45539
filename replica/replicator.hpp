// Pull replication of one database: follows the source's change feed into a store. CouchDB's replication protocol
// (docs.couchdb.org/en/stable/replication/protocol.html), the pull side, with the store as target.
//
// A page of the feed is committed whole, together with the sequence that it ends at, or in several commits of which only the
// last has the sequence: the checkpoint never vouches for what is not in the store. What could not be fetched or read is
// named in quarantine in the same commit, and tried again when its time has come. Rows may come again; that changes nothing.
//
// Where the checkpoint does not continue what the source has (another life of the database, another server, another filter, a
// sequence that it refuses), or where the source purged what it does not name, it is swept: its feed is read from the
// beginning without documents and compared with the store; what is missing is fetched, and what the source does not have any
// more is purged.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "replica/attachment_fetcher.hpp"
#include "replica/batch_writer.hpp"
#include "replica/count_check.hpp"
#include "replica/document_refresher.hpp"
#include "replica/log_keeper.hpp"
#include "replica/page_plan.hpp"
#include "replica/page_reader.hpp"
#include "replica/pull.hpp"
#include "replica/revision_fetcher.hpp"

namespace replica {

// Its coroutines run on the executor of `source`, one at a time. They end when the source is closed; the replicator, `source`,
// `store` and `workers` must live until they have. What is under way on a worker then still refers to the store and to the
// replicator.
class Replicator {
 public:
  // Does its SQLite work on `workers`. `on_commit` is called on a worker after each batch that changed the store.
  Replicator(CouchClient& source, std::string database, Store& store, net::thread_pool& workers,
             std::function<void(const PullSummary& batch)> on_commit,
             ReplicatorOptions options = {});
  Replicator(const Replicator&) = delete;  // its parts refer to each other
  Replicator& operator=(const Replicator&) = delete;

  // Until the source has nothing new. Throws SourceError; what was committed before stays.
  [[nodiscard]] net::awaitable<PullSummary> pull_until_caught_up();
  // The next pull tries all again that did not come, whether its time has come or not.
  void retry_now() { retry_ = Retry::kAll; }

 private:
  [[nodiscard]] net::awaitable<void> begin_session(PullSummary& summary);
  [[nodiscard]] net::awaitable<void> require_replica();
  [[nodiscard]] net::awaitable<std::optional<SourceSeq>> where_to_resume();
  [[nodiscard]] net::awaitable<void> begin_sweep();
  [[nodiscard]] net::awaitable<void> follow_feed(PullSummary& summary);
  [[nodiscard]] net::awaitable<Counts> check_counts(PullSummary& summary);
  [[nodiscard]] net::awaitable<bool> pull_batch(PullSummary& summary);
  [[nodiscard]] net::awaitable<void> process_and_prefetch(ChangesPage& page, PullSummary& summary);
  [[nodiscard]] net::awaitable<void> process(ChangesPage& page, PullSummary& summary);
  [[nodiscard]] net::awaitable<void> process_fetch(Fetch& fetch, Batch& batch,
                                                   PullSummary& summary);
  [[nodiscard]] net::awaitable<void> end_sweep(PullSummary& summary);
  void adapt_document_size(std::uint64_t bytes, std::size_t documents);
  [[nodiscard]] Checkpoint checkpoint_at(SourceSeq since) const;
  [[nodiscard]] bool ends_early() const;
  [[nodiscard]] FeedEnd feed_end(Counts counts) const;

  PullContext context_;
  BatchWriter writer_;
  RevisionFetcher fetcher_{context_};
  PageReader pages_{context_, fetcher_};
  DocumentRefresher refresher_{context_, fetcher_, writer_};
  AttachmentFetcher attachments_{context_, fetcher_, writer_};
  LogKeeper log_{context_};
  CountCheck count_check_{context_};

  DatabaseInfo info_;  // as the session found the source
  Checkpoint checkpoint_;  // the store's
  bool is_sweeping_ = false;
  Retry retry_ = Retry::kDue;
  std::uint64_t document_bytes_ = tuning::kUsualDocumentBytes;  // of those that came lately
  // The source's update sequence (JSON) when the last pull began; empty before the first.
  std::string pulled_up_to_;
};

}  // namespace replica
