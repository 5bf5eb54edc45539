// Whether the store's checkpoint continues the feed of the source as it is now.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "replica/couch_client.hpp"
#include "replica/store.hpp"

namespace replica {

enum class Continuation {
  kContinues,
  kUncertain,  // probably, but the source does not say whether the database was created anew
  kBroken,  // the sequence means nothing here, or other documents are wanted than it vouches for
};

// Identifies the database across deletion and re-creation: CouchDB's instance_start_time. Empty where the source has none, as
// CouchDB 1.x (see DatabaseInfo): CouchDB 2.x says "0", and PouchDB Server gives the time when the server was started.
[[nodiscard]] std::string incarnation_of(const DatabaseInfo& info, Dialect dialect);

// Whether a database that was deleted and created anew could reach the same sequence without the source's answer showing it: only
// the replication log tells the two apart then.
[[nodiscard]] bool may_be_another(const DatabaseInfo& info, Dialect dialect);

// Whether purges were added, as far as their number tells. CouchDB's purge_seq is that number, and behind it the nodes that
// answered, in the order in which they did: another text from one request to the next.
[[nodiscard]] bool has_purged(const Checkpoint& checkpoint, const DatabaseInfo& info);

// What a cluster's sequence (JSON) begins with, the sum of the numbers of its shards: 23 of "23-g1AAAA…". Nothing for sequences
// of other servers.
[[nodiscard]] std::optional<std::uint64_t> sum_of_shards(std::string_view seq);

// Where shards have several copies, each numbers its changes for itself, and a node may be behind another. Whether the feed that
// ended at `last_seq` and `info` seem to be of different copies:
[[nodiscard]] bool are_of_other_copies(const SourceSeq& last_seq, const DatabaseInfo& info);
// and whether that feed may be of one that is behind; see FeedEnd::kEarly.
[[nodiscard]] bool ends_before(const SourceSeq& last_seq, const DatabaseInfo& info);

[[nodiscard]] Continuation continuation(const Checkpoint& checkpoint, const DatabaseInfo& info,
                                        Dialect dialect, const std::string& filter);

}  // namespace replica
