// A CouchDB-speaking server over HTTP: what its routes mean, as coroutines over Beast. Connections are kept alive and
// reused, answers inflated by Content-Encoding, every step has a deadline. Runs on the executor it is given.
//
// Throws SourceError for every answer that is not the one asked for and for a network that fails. Nothing is retried here, but
// for a kept connection that turns out closed before a byte of the answer came.
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

namespace replica {

namespace net = boost::asio;

// Where a server is and how to log in. The password never appears in a message.
struct SourceAddress {
  std::string url;  // http:// or https://, with a path prefix if there is one; no credentials
  std::string user;
  std::string password;
  std::string ca_file;  // for https: certificates to trust beside the system's; may be empty
};

// How long one step of a request may take: finding the host, connecting, shaking hands; then each piece written or read.
struct Timeouts {
  std::chrono::milliseconds connect{30'000};
  std::chrono::milliseconds idle{60'000};
};

struct ServerInfo {
  std::string uuid;
  std::string version;
  bool is_couchdb = false;  // the welcome says so: `latest=true` and selectors are safe to send
};

struct DatabaseInfo {
  std::string update_seq;  // JSON
  std::string instance_start_time;  // may be empty
  std::int64_t documents = 0;
};

// One row of `_changes`.
struct FeedRow {
  std::string id;
  std::vector<RevId> leaves;  // the winner first
  bool deleted = false;
  // With include_docs: the winner's JSON as it was sent. Empty when it was not sent, was of another revision than the row
  // names, or did not fit into the page any more; `document_bytes` tells the size of what was sent all the same.
  std::string document;
  std::uint64_t document_bytes = 0;
  std::string
      problem;  // why the row could not be read; then only what could be read of it is filled in
};

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
  // Long-poll: wait at the server until there is a change; when there was none, the page is empty and `last_seq` is `since`
  // or what the server says. None: answer at once.
  std::optional<std::chrono::milliseconds> wait;
};

// A revision asked for: either there, or why not.
struct FetchedRevision {
  IncomingRevision revision;  // `id` and `rev` are set in either case
  std::string problem;  // empty when the revision is there
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
  // Throws std::invalid_argument for a URL that cannot be used, std::runtime_error for a ca_file that cannot be read.
  CouchClient(net::any_io_executor executor, SourceAddress address, Timeouts timeouts = {});
  ~CouchClient();

  // Asked once before the rest, it decides which of CouchDB's own parameters are sent to the server.
  [[nodiscard]] net::awaitable<ServerInfo> server_info();
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

  // Ends every request under way with SourceError::kNetwork; for stopping.
  void close();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace replica
