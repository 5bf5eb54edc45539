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

#include "replica/couch_client.hpp"
#include "replica/store.hpp"

namespace replica {

struct PullSummary {
  std::uint64_t rows = 0;  // rows of the feed
  std::uint64_t documents = 0;  // documents that changed here
  std::uint64_t quarantined = 0;
  std::uint64_t bytes = 0;  // of the feed's answers
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

  std::string incarnation_;
  SourceSeq
      position_;  // the feed's next page begins here; ahead of the checkpoint while a page is taken over
  std::size_t limit_;  // rows of the next page
  bool caught_up_ = false;
  std::optional<Awaited> next_;
};

}  // namespace replica
