// Writes to the registry what is known of the databases of one source. Records are written in batches
// by a worker: those that come during a write make the next batch.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "api/async_condition.hpp"
#include "api/followed_databases.hpp"
#include "api/registry.hpp"
#include "api/source_parts.hpp"

namespace api {

// Except where it says otherwise, members are called on the context's thread.
class DatabaseRecords {
 public:
  explicit DatabaseRecords(const SourceParts& parts);

  // Begins no more writes.
  void stop();
  // Writes what is not yet written. Any thread, after the coroutines have ended.
  void flush();

  // Has the record written soon, unless its account was removed.
  void queue(KnownDatabase record);
  // Records the databases as to be compared with the source. Durable when it ends, so that after a kill
  // before or during the sweep the next start pulls them. Throws replica::sqlite::Error.
  [[nodiscard]] boost::asio::awaitable<void> forget_sequences(std::vector<DatabaseId> ids);
  // Forgets what is queued of an account.
  void drop(const std::string& account);

  [[nodiscard]] bool is_writing() const { return is_writing_; }
  // Ends when no write is under way, or at `stop`.
  [[nodiscard]] boost::asio::awaitable<void> wait_until_written();

 private:
  void start_writing();
  [[nodiscard]] boost::asio::awaitable<void> write_queued();
  void end_write();

  const SourceParts parts_;
  FollowedDatabases& databases_;
  std::vector<KnownDatabase> queued_;
  bool is_writing_ = false;  // one write at a time, so that records arrive in order
  bool is_stopping_ = false;
  AsyncCondition write_ended_;
};

}  // namespace api
