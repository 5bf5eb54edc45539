// Limits and sizes of replication, each with its unit and reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace replica::tuning {

// ── Pages of the feed ──

// Rows of a page with documents. Each request restarts the source's shard workers (100 rows a page halve the rate), and large
// pages cost memory: between these bounds the number of rows follows their size.
inline constexpr std::size_t kFirstPageRows = 1'000;
inline constexpr std::size_t kMinPageRows = 16;
inline constexpr std::size_t kMaxPageRows = 4'000;
// Rows of a page without documents, which takes 3 MB in memory; fewer where they are long, as by many conflicts, or a gateway
// has no time for them (not fewer than kMinWindowRows then).
inline constexpr std::size_t kWindowRows = 10'000, kMinWindowRows = 500;
// Bytes that a document is taken to have until some have been seen.
inline constexpr std::uint64_t kUsualDocumentBytes = 2'048;
// Bytes of documents that a page, a fetch and a commit aim at.
inline constexpr std::uint64_t kBatchBytes = 8 * 1024 * 1024;
// Bytes of documents of one page that are kept in memory; those of later rows are dropped, and fetched separately.
inline constexpr std::uint64_t kMaxPageBytes = 4 * kBatchBytes;

// ── Requests and answers ──

// Bytes of an answer to one fetch; when it has more, the fetch is split.
inline constexpr std::uint64_t kMaxFetchBytes = 4 * kBatchBytes;
// As many as CouchDB's own replicator asks for.
inline constexpr std::size_t kMaxRevisionsPerFetch = 500;
// Bytes; express refuses requests beyond 1 MB.
inline constexpr std::size_t kMaxFetchRequestBytes = 512 * 1024;
// Revisions named in one URL, which proxies limit to 8 KB or less.
inline constexpr std::size_t kMaxOpenRevs = 40;
// CouchDB's max_db_number_for_dbs_info_req.
inline constexpr std::size_t kDatabasesPerRequest = 100;
// Bytes that are read of an answer that refuses.
inline constexpr std::uint64_t kMaxRefusalText = 64 * 1024;
// Bytes of a row without its document.
inline constexpr std::size_t kMaxFeedLine = 1024 * 1024;
// Bytes of an answer that is kept whole.
inline constexpr std::uint64_t kMaxSmallAnswer = 16 * 1024 * 1024;
// Bytes of an answer that is streamed, after inflation: a limit for compression bombs.
inline constexpr std::uint64_t kMaxStreamedAnswer = 4ULL * 1024 * 1024 * 1024;
// Bytes; CouchDB's max_document_size is 8 MB unless raised.
inline constexpr std::size_t kMaxRowBytes = 64 * 1024 * 1024;
// Levels of nesting; a document with more is an attack.
inline constexpr std::size_t kMaxDocumentDepth = 100;

// ── Failures ──

// What failed is tried again after kFirstRetry, then after twice the time of the attempt before, up to kLongestRetry: soon enough
// for a server that restarts, and seldom enough to cost nothing.
inline constexpr std::chrono::seconds kFirstRetry{60};
inline constexpr std::chrono::seconds kLongestRetry{24 * 60 * 60};
// What a gateway refuses while the source answers otherwise is asked for again after this pause, before it goes into
// quarantine: a server that restarts is up again by then.
inline constexpr std::chrono::milliseconds kGatewayPause{5'000};
// So many, or as many as came, may be refused by a gateway; when more are, the source has failed.
inline constexpr std::size_t kMaxRefusedByGateway = 8;
// Documents in quarantine that are tried again when a session begins, those with the fewest attempts first.
inline constexpr std::size_t kQuarantineRetries = 200;

// ── Sessions and attachments ──

// How often a long session writes the replication log; every session that brought something writes it at its end.
inline constexpr std::chrono::seconds kReplicationLogInterval{30};
// How long attachments are fetched before the feed is read again, and how many between two checks of that time.
inline constexpr std::chrono::seconds kAttachmentsTurn{30};
inline constexpr std::size_t kAttachmentsAtOnce = 32;
// How long the bytes of an attachment that did not come whole are kept, after the last of them came.
inline constexpr std::chrono::hours kKeptUnfinished{30 * 24};
// Bytes of a blob that is inflated in memory: a limit for compression bombs.
inline constexpr std::uint64_t kMaxInflatedBlob = 1024ULL * 1024 * 1024;

// ── Connections ──

// Connections to one source, unless configured.
inline constexpr std::size_t kMaxConnections = 16;
// How many of them feeds and long-polls must leave to other requests.
inline constexpr std::size_t kConnectionsForRequests = 4;
inline constexpr std::size_t kMaxIdleConnections = 4;
// An idle connection is closed after this time.
inline constexpr std::chrono::milliseconds kIdleConnection{30'000};
// A request that must not be sent twice uses no connection that was idle for longer: express closes them after 5 s.
inline constexpr std::chrono::milliseconds kFreshConnection{1'000};
// How long a request is repeated that the server answers with 429. A time, not a number: without Retry-After the first 429s
// follow each other quickly.
inline constexpr std::chrono::milliseconds kMaxPause{60'000};
// How often servers are told to write a newline into a feed that has nothing to report, so that a dead connection is noticed.
inline constexpr std::chrono::milliseconds kHeartbeat{20'000};

}  // namespace replica::tuning
