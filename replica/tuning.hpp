// Limits and sizes of replication, each with its unit and reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace replica::tuning {

// A page of the feed. Every request restarts the source's shard workers (100 rows a page halve the rate), large pages
// cost memory: the number of rows follows their size.
inline constexpr std::size_t kFirstPageRows = 1'000;
inline constexpr std::size_t kMinPageRows = 16;
inline constexpr std::size_t kMaxPageRows = 4'000;
inline constexpr std::size_t kWindowRows = 10'000;  // of a page without documents: 3 MB in memory
inline constexpr std::uint64_t kUsualDocumentBytes = 2'048;  // until some have been seen
inline constexpr std::uint64_t kBatchBytes =
    8 * 1024 * 1024;  // of documents: a page aimed at, a fetch, a commit

// Documents of one page kept in memory; those of later rows are left out and fetched apart.
inline constexpr std::uint64_t kMaxPageBytes = 4 * kBatchBytes;

// An answer to one fetch; beyond, it is asked for in smaller parts.
inline constexpr std::uint64_t kMaxFetchBytes = 4 * kBatchBytes;
inline constexpr std::size_t kMaxRevisionsPerFetch =
    500;  // CouchDB's own replicator asks for as many
inline constexpr std::size_t kMaxFetchRequestBytes =
    512 * 1024;  // express refuses requests beyond 1 MB
inline constexpr std::size_t kMaxOpenRevs = 40;  // in one URL, which proxies cut at 8 KB or sooner

inline constexpr std::uint64_t kMaxRefusalText = 64 * 1024;  // bytes read of an answer that refuses
inline constexpr std::size_t kMaxFeedLine = 1024 * 1024;  // bytes of a row without its document
inline constexpr std::size_t kDatabasesPerRequest =
    100;  // CouchDB's max_db_number_for_dbs_info_req
inline constexpr std::uint64_t kMaxSmallAnswer = 16 * 1024 * 1024;  // bytes, kept whole
inline constexpr std::uint64_t kMaxStreamedAnswer =
    4ULL * 1024 * 1024 * 1024;  // bytes, inflated: against bombs
inline constexpr std::size_t kMaxRowBytes =
    64 * 1024 * 1024;  // CouchDB's max_document_size is 8 MB unless raised
inline constexpr std::size_t kMaxDocumentDepth = 100;  // nesting; deeper is somebody's attack

// What did not come is tried again after this, then after twice the time of the attempt before, up to the longest: soon
// enough for a server that restarts, and once a day costs nobody anything.
inline constexpr std::chrono::seconds kFirstRetry{60};
inline constexpr std::chrono::seconds kLongestRetry{24 * 60 * 60};
// What a gateway refuses while the source answers otherwise is asked for again after this pause, before it goes into
// quarantine: a server that restarts is up again by then.
inline constexpr std::chrono::milliseconds kGatewayPause{5'000};
// So many, or as many as came, may be refused so; when more are, the source has failed.
inline constexpr std::size_t kMaxRefusedByGateway = 8;
// Documents in quarantine tried again when a session begins, those tried least first.
inline constexpr std::size_t kQuarantineRetries = 200;
// The replication log is written at the end of a session that brought something, and so often in a long one.
inline constexpr std::chrono::seconds kReplicationLogInterval{30};
// Attachments are fetched so long before the feed is looked at again, and so many between two looks at the clock.
inline constexpr std::chrono::seconds kAttachmentsTurn{30};
inline constexpr std::size_t kAttachmentsAtOnce = 32;

// Bytes of an attachment that did not come whole are kept so long after the last of them came.
inline constexpr std::chrono::hours kKeptUnfinished{30 * 24};
// Bytes that a blob may have when inflated, and who reads it in memory: against bombs.
inline constexpr std::uint64_t kMaxInflatedBlob = 1024ULL * 1024 * 1024;

inline constexpr std::size_t kMaxConnections = 16;  // to one source, unless configured
// Of them, what requests that wait at the server may not have, so that they starve no others.
inline constexpr std::size_t kConnectionsForRequests = 4;
inline constexpr std::size_t kMaxIdleConnections = 4;
inline constexpr std::chrono::milliseconds kIdleConnection{30'000};  // then it is closed
// A request that must not be sent twice takes no connection that has been idle for longer (express closes after 5 s).
inline constexpr std::chrono::milliseconds kFreshConnection{1'000};
// A server that answers 429 is asked again for so long at most. Without Retry-After its first refusals come quickly: their
// number says nothing.
inline constexpr std::chrono::milliseconds kMaxPause{60'000};
// Servers write newlines this often into a long-poll that waits longer, so that a dead connection is noticed.
inline constexpr std::chrono::milliseconds kHeartbeat{20'000};

}  // namespace replica::tuning
