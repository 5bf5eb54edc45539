// A server that speaks CouchDB's protocol, over HTTP: its routes as coroutines over Beast. Connections are kept alive and
// reused, answers inflated by Content-Encoding, every step has a deadline. Runs on the executor it is given.
//
// Routes that depend on the dialect ask for the server's welcome first. Throws SourceError for every answer that is not the one
// asked for, and for a network that fails. Only three things are retried here: a request over a kept connection that turns out to
// be closed before a byte of the answer came; a request that is answered 429, more slowly, for a minute at most; and one that is
// answered 401, once, when SourceAddress::read_secret tells another password or token.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "replica/source_error.hpp"
#include "replica/store.hpp"
#include "replica/tuning.hpp"

namespace replica {

namespace net = boost::asio;

// Where a server is and how to log in. The password never appears in a message.
struct SourceAddress {
  std::string url;  // http:// or https://, with a path prefix if there is one; no credentials
  std::string user;
  std::string password;
  std::string token = {};  // sent as bearer token instead of user and password; may be empty
  std::string ca_file = {};  // for https: certificates to trust beside the system's; may be empty
  // Reads the token, or else the password, again where it is kept, after the source refused it; may throw std::exception. Null:
  // it does not change.
  std::function<std::string()> read_secret = {};
};

// How long one step of a request may take: finding the host, connecting, shaking hands; then each piece written or read.
struct Timeouts {
  std::chrono::milliseconds connect{30'000};
  std::chrono::milliseconds idle{60'000};
  // How often a server is told to write something into a feed that has nothing to say; two and a half times as long a silence
  // is a dead connection.
  std::chrono::milliseconds heartbeat{tuning::kHeartbeat};
};

// What a client may hold open; a request beyond that waits for its turn.
struct ClientLimits {
  // Sockets, at least two. Requests that wait at the server (feeds, long-polls) get all but four of them, or half of few.
  std::size_t connections = tuning::kMaxConnections;
  // How long an idle connection is kept.
  std::chrono::milliseconds idle{tuning::kIdleConnection};
};

// The dialect of CouchDB's protocol that a server speaks, as its welcome (GET /) says.
enum class Dialect {
  kCouchdb,
  kPouchdb,  // express-pouchdb, and anything unknown: it gets no parameter that crashes express-pouchdb
  kCozy,  // cozy-stack's /data routes
};

struct ServerInfo {
  std::string version;
  Dialect dialect = Dialect::kPouchdb;
};

struct DatabaseInfo {
  std::string name;
  std::string update_seq;  // JSON
  std::string purge_seq;  // JSON; empty where the server has none
  // When the database was made; empty where the source does not say, or gives the time when it opened the database (CouchDB 1.x
  // and Sync Gateway), which is another after each start.
  std::string instance_start_time;
  std::optional<std::int64_t> documents;  // not every server counts them
  std::int64_t deleted = 0;
  std::int64_t copies = 0;  // of each shard, in a cluster; 0: not told
};

// Ids that begin so are of what is not replicated: of design documents, and of what is no document, such as the users and roles in
// Sync Gateway's feed.
[[nodiscard]] inline bool is_reserved_id(std::string_view id) { return id.starts_with('_'); }

// One row of `_changes`.
struct FeedRow {
  std::string id;
  std::vector<RevId> leaves;  // the winner first; none: the row says nothing
  bool deleted = false;
  // With include_docs: the winner's JSON as it was sent. Empty when it was not sent, was of another revision than the row
  // names, or did not fit into the page any more; `document_bytes` tells the size of what was sent all the same.
  std::string document;
  std::uint64_t document_bytes = 0;
  std::string
      problem;  // why the row could not be read; then only what could be read of it is filled in
};

// Whether the row could be read, and is of a document.
[[nodiscard]] inline bool names_revisions(const FeedRow& row) {
  return row.problem.empty() && !row.leaves.empty() && !is_reserved_id(row.id);
}

struct ChangesPage {
  std::vector<FeedRow> rows;
  SourceSeq last_seq;
  std::optional<std::int64_t> pending;
  std::uint64_t bytes = 0;  // of the answer
};

struct ChangesQuery {
  SourceSeq since;
  std::size_t limit = 0;
  bool include_docs = false;
  std::uint64_t max_bytes =
      0;  // of the answer; a longer one is an error kTooLarge as soon as it is seen. 0: any
};

// A revision asked for: either there, or why not.
struct FetchedRevision {
  IncomingRevision revision;  // `id` and `rev` are set in either case
  std::string problem;  // empty when the revision is there
};

// Feeds that only say that something changed: a reason to pull.
enum class FeedKind {
  kDatabaseUpdates,  // `_db_updates`, all databases of a server; for its administrators
  kRealtime,  // cozy-stack's /realtime/, all doctypes of an instance
  kContinuous,  // `_changes?feed=continuous` of one database
  kLongPoll,  // `_changes?feed=longpoll` of one database: ends with the first change
};

struct WatchQuery {
  FeedKind kind = FeedKind::kLongPoll;
  std::string database;  // of kContinuous and kLongPoll
  std::vector<std::string> doctypes;  // of kRealtime
  // Where to begin; empty: now. `watch` returns the query with the position at which the feed ended.
  SourceSeq since;
  // Called when the feed is open: it reports what changes from then on. May be null.
  std::function<void()> on_open = {};
};

// Something changed in a database.
struct FeedEvent {
  std::string database;  // of kRealtime the doctype
  bool is_deleted = false;  // the database itself
};

// Bytes of an attachment as they are sent.
struct AttachmentQuery {
  std::string id;
  std::string rev;  // may be empty: the winner's
  std::string name;
  std::uint64_t offset = 0;  // bytes that are here already
};

struct AttachmentAnswer {
  std::uint64_t offset =
      0;  // where the bytes begin: 0 when the server sends all of them all the same
  bool is_gzip = false;  // the bytes are compressed, as their digest counts them
};

struct BulkDocsRow {
  std::string id;
  std::string rev;
  std::string error;  // empty when written; else "conflict", "forbidden", …
  std::string reason;
};

// Its coroutines run on `executor`, which is one thread's or a strand; they keep what they need, so that the client may be
// destroyed while they are under way: they end with SourceError::kNetwork.
class CouchClient {
 public:
  // Throws std::invalid_argument for a URL or a token that cannot be used, std::runtime_error for a ca_file that cannot be read.
  CouchClient(net::any_io_executor executor, SourceAddress address, Timeouts timeouts = {},
              ClientLimits limits = {});
  ~CouchClient();

  // What the server is, asked once and remembered until it could not be reached; it decides which of CouchDB's own
  // parameters are sent.
  [[nodiscard]] net::awaitable<ServerInfo> server_info();
  // A database whose path is not found although the server's own list names it, as behind a proxy that decodes paths, is an error
  // kProtocol that says so.
  [[nodiscard]] net::awaitable<DatabaseInfo> database_info(std::string database);
  [[nodiscard]] net::awaitable<void> create_database(
      std::string database);  // being there already is success

  [[nodiscard]] net::awaitable<ChangesPage> changes(std::string database, ChangesQuery query);
  // `_bulk_get?revs=true`, and `open_revs` document by document where the server has no `_bulk_get`. One element for
  // each revision asked for; CouchDB may answer with a successor of it. A document without revisions stands for all its
  // leaves: one element for each, none when the document is gone.
  [[nodiscard]] net::awaitable<std::vector<FetchedRevision>> fetch(
      std::string database, std::vector<RevisionsOfDocument> wanted);

  // Writes documents (complete JSON objects). A 413 is thrown as kTooLarge.
  [[nodiscard]] net::awaitable<std::vector<BulkDocsRow>> bulk_docs(
      std::string database, std::span<const std::string> documents);
  [[nodiscard]] net::awaitable<BulkDocsRow> put_document(std::string database, std::string id,
                                                         std::string json);
  [[nodiscard]] net::awaitable<std::optional<std::string>> get_document(std::string database,
                                                                        std::string id);

  // All databases, in no order (`_all_dbs`; cozy-stack's doctypes).
  [[nodiscard]] net::awaitable<std::vector<std::string>> all_databases();
  // `_dbs_info`, of those that are there; GET one by one where the server has no such route.
  [[nodiscard]] net::awaitable<std::vector<DatabaseInfo>> databases_info(
      std::vector<std::string> databases);
  // Live design documents (`_all_docs`), which the counts of a database include.
  [[nodiscard]] net::awaitable<std::int64_t> count_design_documents(std::string database);
  // Of these ids, those of which the database has nothing, not even a deletion; none when the server does not say.
  [[nodiscard]] net::awaitable<std::vector<std::string>> absent(std::string database,
                                                                std::vector<std::string> ids);
  // `_purged_infos`: the revisions that were purged; nothing where the server has no such route, or not for us.
  [[nodiscard]] net::awaitable<std::optional<std::vector<RevisionsOfDocument>>> purged(
      std::string database);

  // Holds a feed open and calls `on_event` for each row, on the executor, until the server ends the feed. A feed that is silent
  // beyond its heartbeats is a SourceError kTimeout; one that the server does not have or not allow, the error of its status.
  [[nodiscard]] net::awaitable<WatchQuery> watch(WatchQuery query,
                                                 std::function<void(const FeedEvent&)> on_event);

  // `begin` is told how the answer begins, then `piece` gets the bytes as they were sent, not inflated. On cozy-stack the
  // file `id`. Whoever writes them to disk does so on a worker: both are awaited.
  [[nodiscard]] net::awaitable<void> attachment(
      std::string database, AttachmentQuery query,
      std::function<net::awaitable<void>(AttachmentAnswer)> begin,
      std::function<net::awaitable<void>(std::string_view)> piece);

  // Waits, as long as the client is not closed.
  [[nodiscard]] net::awaitable<void> pause(std::chrono::milliseconds duration);

  // Ends every request under way with SourceError::kNetwork; for stopping.
  void close();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace replica
