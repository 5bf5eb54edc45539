// Reads and writes the replication log of one replication, at the source and in the store. A source that refuses the document is
// no failure: it is not asked for it again in this session.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>

#include "replica/pull.hpp"
#include "replica/replication_log.hpp"

namespace replica {

class LogKeeper {
 public:
  explicit LogKeeper(PullContext& context) : context_(context) {}

  // Begins a session at the store's checkpoint; sends no request.
  void begin_session(const SourceSeq& since);
  // Fetches the source's copy, and compares it with the store's.
  [[nodiscard]] boost::asio::awaitable<LogVerdict> compare_with_source();
  // Records the store's checkpoint, at the source first and then here; `summary` is that of the session. Throws SourceError only
  // when the source cannot be reached or fails.
  [[nodiscard]] boost::asio::awaitable<void> write(const PullSummary& summary);
  // The same, when the last time was tuning::kReplicationLogInterval ago.
  [[nodiscard]] boost::asio::awaitable<void> write_when_due(const PullSummary& summary);

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] boost::asio::awaitable<void> read();
  [[nodiscard]] boost::asio::awaitable<bool> put();

  PullContext& context_;
  std::string document_;  // "_local/…", once it is known
  bool is_read_ = false;
  bool is_refused_ = false;
  bool is_at_source_ = false;
  ReplicationLog source_log_;
  ReplicationLog store_log_;
  ReplicationSession session_;
  Clock::time_point written_;
};

}  // namespace replica
