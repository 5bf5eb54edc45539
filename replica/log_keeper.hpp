// Keeps the replication log of one replication, at the source and in the store. A source that refuses is no failure: it is
// left alone for the rest of the session.
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

  // A session begins, at the store's checkpoint. Asks nobody.
  void begin_session(const SourceSeq& since);
  // What the source's copy tells of the source; asks for it.
  [[nodiscard]] boost::asio::awaitable<LogVerdict> compare_with_source();
  // Writes how far the store's checkpoint is, to the source and then here; `summary` is of the session. Throws SourceError
  // only when the source is away.
  [[nodiscard]] boost::asio::awaitable<void> write(const PullSummary& summary);
  // The same in the middle of a long session, when the last time was long ago.
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
