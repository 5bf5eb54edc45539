// Pull replication of one database: follows the source's change feed into a store. CouchDB's replication protocol
// (docs.couchdb.org/en/stable/replication/protocol.html), the pull side, with the store as target.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "replica/couch_client.hpp"
#include "replica/store.hpp"

namespace replica {

struct PullSummary {
  std::uint64_t rows = 0;       // rows of the feed
  std::uint64_t documents = 0;  // documents that changed here
  std::uint64_t quarantined = 0;
  std::uint64_t bytes = 0;
};

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
  [[nodiscard]] net::awaitable<void> begin_session();
  [[nodiscard]] net::awaitable<bool> pull_batch(PullSummary& summary);

  CouchClient& source_;
  std::string database_;
  Store& store_;
  net::thread_pool& workers_;
  std::function<void(const PullSummary&)> on_commit_;
};

}  // namespace replica
