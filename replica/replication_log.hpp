// The replication log: which sessions brought the store how far, as every CouchDB replicator keeps it in a document
// `_local/{replication id}` (docs.couchdb.org/en/stable/replication/protocol.html, "Retrieve Replication Logs").
//
// There is one at the source, for an operator to see, and a copy of it in the store, recorded after the source accepted it. How
// far the documents here go, only the store's own checkpoint says, which commits with them; the log tells whether the source is
// still the one of which the checkpoint speaks.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replica/store.hpp"

namespace replica {

// Names a replication: 32 hexadecimal digits. It depends on the store and the database only, so that another spelling of the
// URL, another password or another filter goes on where the last one ended.
[[nodiscard]] std::string replication_id(std::string_view store_uuid, std::string_view database);

// A session: one pull that brought something.
struct ReplicationSession {
  std::string id;
  std::chrono::sys_seconds started{};
  std::chrono::sys_seconds ended{};
  SourceSeq start_seq;
  SourceSeq recorded_seq;  // the store's checkpoint when this was written
  std::uint64_t checked = 0;  // rows of the feed
  std::uint64_t read = 0;  // documents that came, and those that did not
  std::uint64_t written = 0;
  std::uint64_t failures = 0;  // quarantined
};

// A session as the log has it; what another program wrote into it stays as it is.
struct LoggedSession {
  std::string id;
  std::string recorded_seq;  // JSON
  std::string json;
};

struct ReplicationLog {
  std::string rev;  // of the document at the source, which it wants to see again; empty: none
  std::string session_id;  // of the session that wrote it
  std::vector<LoggedSession> history;  // newest first
  // In the store's copy only: live documents that the source counts and the store does not, when all was here: design documents,
  // and what a sweep did not explain.
  std::int64_t counted_apart = 0;
};

// What is no replication log is one without sessions.
[[nodiscard]] ReplicationLog parse_replication_log(std::string_view json);
[[nodiscard]] std::string to_json(const ReplicationLog& log);

// Puts the session at the front, in place of what it wrote before; the oldest beyond 50 are dropped.
void record(ReplicationLog& log, const ReplicationSession& session);
// Adds the sessions that only `other` knows, behind our own.
void merge(ReplicationLog& log, const ReplicationLog& other);

// Whether the source is the one of which the store's checkpoint speaks, as two copies of the log tell.
struct LogVerdict {
  enum class Source {
    kContinues,  // as far as the log tells
    kKnowsMore,  // it knows sessions after our last: the store was put back from a backup, unless it is as far as `since`
    kIsAnother,  // it does not know our last session: it was made anew, or put back from a backup
  };
  Source source = Source::kContinues;
  SourceSeq since;  // of kKnowsMore: where its last session ended
};
// `source`: nothing when the document is not there.
[[nodiscard]] LogVerdict compare(const ReplicationLog& store,
                                 const std::optional<ReplicationLog>& source);

}  // namespace replica
