// Pulls one database of a source into the store of its account.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "api/database_records.hpp"
#include "api/pull_queue.hpp"
#include "api/source_parts.hpp"
#include "replica/replicator.hpp"

namespace api {

struct PullOptions {
  bool retries_all = false;  // of quarantine
  bool is_indexed = true;  // lists and text follow each commit
  std::function<void(const replica::PullSummary&)> on_commit;  // on a worker
};

struct PullResult {
  replica::PullSummary summary;
  std::uint32_t quarantined = 0;  // documents that are not ignored
  std::optional<std::chrono::sys_seconds>
      next_attempt;  // of quarantine, or to read a feed that ended early
  bool has_moved = false;  // the database, since the pull before
};

// Members are called on the context's thread.
class DatabasePuller {
 public:
  DatabasePuller(const SourceParts& parts, PullQueue& pulls, DatabaseRecords& records);

  // Pulls the database until caught up, and has the sequence recorded up to which it was. Throws
  // SourceError; PullStopped or indexer::Cancelled when it was told to end; and what the account and
  // its store throw.
  [[nodiscard]] boost::asio::awaitable<PullResult> pull(DatabaseId id, PullOptions options);

 private:
  struct Opened {
    std::shared_ptr<indexer::Account> account;
    replica::Store* store = nullptr;
  };

  [[nodiscard]] boost::asio::awaitable<Opened> open_store(DatabaseId id);
  [[nodiscard]] boost::asio::awaitable<PullResult> replicate(DatabaseId id, Opened opened,
                                                             PullOptions options);
  void record(DatabaseId id, const replica::DatabaseInfo& began, const PullResult& result);

  const SourceParts parts_;
  FollowedDatabases& databases_;
  PullQueue& pulls_;
  DatabaseRecords& records_;
};

}  // namespace api
