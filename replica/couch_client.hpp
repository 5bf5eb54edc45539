// A CouchDB-speaking server over HTTP: what its routes mean, as coroutines over Beast. Connections are kept alive and
// reused, answers inflated by Content-Encoding, every step has a deadline. Runs on the executor it is given.
//
// Throws SourceError for every answer that is not the one asked for and for a network that fails; nothing is retried here.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

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

class SourceError : public std::runtime_error {
 public:
  enum class Kind { kNetwork, kTimeout, kUnauthorized, kForbidden, kNotFound, kTooLarge, kServer, kProtocol };
  SourceError(Kind kind, int status, const std::string& message)
      : std::runtime_error(message), kind_(kind), status_(status) {}
  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] int status() const { return status_; }  // HTTP status, 0 when there was none

 private:
  Kind kind_;
  int status_;
};

struct ServerInfo {
  std::string uuid;
  std::string version;
  bool is_couchdb = false;  // the welcome says so: `latest=true` and selectors are safe to send
};

struct DatabaseInfo {
  std::string update_seq;           // JSON
  std::string instance_start_time;  // may be empty
  std::int64_t documents = 0;
};

// One row of `_changes`.
struct FeedRow {
  std::string id;
  std::vector<RevId> leaves;  // the winner first
  bool deleted = false;
  std::string document;  // with include_docs: the winner's JSON as it was sent; else empty
  std::string problem;   // why the row could not be read; then only what could be read of it is filled in
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
  // Long-poll: wait at the server until there is a change. None: answer at once.
  std::optional<std::chrono::milliseconds> wait;
};

// A revision asked for: either there, or why not.
struct FetchedRevision {
  IncomingRevision revision;  // `id` and `rev` are set in either case
  std::string problem;        // empty when the revision is there
};

struct BulkDocsRow {
  std::string id;
  std::string rev;
  std::string error;  // empty when written; else "conflict", "forbidden", …
  std::string reason;
};

class CouchClient {
 public:
  CouchClient(net::any_io_executor executor, SourceAddress address);
  ~CouchClient();

  [[nodiscard]] net::awaitable<ServerInfo> server_info();
  [[nodiscard]] net::awaitable<DatabaseInfo> database_info(std::string database);
  [[nodiscard]] net::awaitable<void> create_database(std::string database);  // being there already is success

  [[nodiscard]] net::awaitable<ChangesPage> changes(std::string database, ChangesQuery query);
  // `_bulk_get?revs=true`, and `open_revs` document by document where the server has no `_bulk_get`. One element for
  // each revision asked for.
  [[nodiscard]] net::awaitable<std::vector<FetchedRevision>> fetch(std::string database,
                                                                   std::vector<RevisionsOfDocument> wanted);

  // Writes documents (complete JSON objects). A 413 is thrown as kTooLarge.
  [[nodiscard]] net::awaitable<std::vector<BulkDocsRow>> bulk_docs(std::string database,
                                                                   std::span<const std::string> documents);
  [[nodiscard]] net::awaitable<BulkDocsRow> put_document(std::string database, std::string id, std::string json);
  [[nodiscard]] net::awaitable<std::optional<std::string>> get_document(std::string database, std::string id);

  // Ends every request under way with SourceError::kNetwork; for stopping.
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace replica
