// Pull replication of one database: follows the source's change feed into a store. CouchDB's replication protocol
// (docs.couchdb.org/en/stable/replication/protocol.html), the pull side, with the store as target.
//
// A page of the feed is committed whole, together with the sequence that it ends at, or in several commits of which only the
// last has the sequence: the checkpoint never vouches for what is not in the store. What could not be fetched or read is
// named in quarantine in the same commit, and tried again when a session begins. Rows may come again; that changes nothing.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>

#include "replica/blobs.hpp"
#include "replica/couch_client.hpp"
#include "replica/store.hpp"
#include "replica/tuning.hpp"

namespace replica {

struct PullSummary {
  std::uint64_t rows = 0;  // rows of the feed
  std::uint64_t documents = 0;  // documents that changed here
  std::uint64_t quarantined = 0;
  std::uint64_t bytes = 0;  // of the feed's answers
};

// What is replicated, and how. The functions are called on workers.
struct ReplicatorOptions {
  // The replication log is written to the source as well, as `_local/{replication id}`; a source that refuses is no failure.
  bool write_checkpoints = true;
  // False for a document that is to be left out, by its JSON; deletions are never left out. Null: all are kept.
  std::function<bool(std::string_view document)> keep;
  std::string
      filter;  // names `keep` in the checkpoint: with another one all documents are looked at again
  // True for an attachment whose bytes are to be fetched. Null: none.
  std::function<bool(std::string_view content_type, std::uint64_t length)> wants_bytes;
  // Where the bytes go; null when `wants_bytes` is.
  Blobs* blobs = nullptr;
  std::uint64_t batch_bytes =
      tuning::kBatchBytes;  // of documents: a page aimed at, a fetch, a commit
};

// Its coroutines run on the executor of `source`, one at a time. They end when the source is closed; the replicator, `source`,
// `store` and `workers` must live until they have. What is under way on a worker then still refers to the store.
class Replicator {
 public:
  // Does its SQLite work on `workers`. `on_commit` is called on a worker after each batch that changed the store.
  Replicator(CouchClient& source, std::string database, Store& store, net::thread_pool& workers,
             std::function<void(const PullSummary& batch)> on_commit);

  // Until the source has nothing new. Throws SourceError; what was committed before stays.
  [[nodiscard]] net::awaitable<PullSummary> pull_until_caught_up();
  // Waits at the source until it has changed, `timeout` at most; true when it has.
  [[nodiscard]] net::awaitable<bool> wait_for_change(std::chrono::milliseconds timeout);
  // The source's update sequence (JSON) when the last pull began: all up to it is here. Empty before the first.
  [[nodiscard]] const std::string& pulled_up_to() const { return pulled_up_to_; }

  [[nodiscard]] const std::string& database() const { return database_; }

 private:
  // A page that was asked for, or why it did not come, told when its turn comes.
  struct Awaited {
    ChangesPage page;
    std::size_t limit = 0;
    std::exception_ptr error;
  };

  [[nodiscard]] net::awaitable<void> begin_session();
  [[nodiscard]] static bool is_before(std::string_view update_seq, std::string_view since);
  [[nodiscard]] net::awaitable<void> retry_quarantined(PullSummary& summary);
  [[nodiscard]] net::awaitable<bool> pull_batch(PullSummary& summary);

  [[nodiscard]] net::awaitable<ChangesPage> next_page();
  [[nodiscard]] net::awaitable<Awaited> ask_for_page(SourceSeq since);
  [[nodiscard]] net::awaitable<void> take_over(ChangesPage& page, PullSummary& summary);
  [[nodiscard]] net::awaitable<void> commit(Batch batch, PullSummary& summary);

  CouchClient& source_;
  std::string database_;
  Store& store_;
  net::thread_pool& workers_;
  std::function<void(const PullSummary&)> on_commit_;

  std::string pulled_up_to_;
  std::string incarnation_;
  SourceSeq
      position_;  // the feed's next page begins here; ahead of the checkpoint while a page is taken over
  std::size_t limit_;  // rows of the next page
  bool caught_up_ = false;
  std::optional<Awaited> next_;
};

}  // namespace replica
