// A CouchDB in memory behind real HTTP, for tests and benches: what it answers is what the recordings in
// tests/replica/recorded show of CouchDB 3.5.0 (tests/replica/recordings_test.cpp compares them). One thread; many databases
// and connections.
//
// It has: databases with revision trees on several shards, `_changes` (normal, longpoll, continuous), `_bulk_get`, `open_revs`,
// `_bulk_docs`, documents, attachments, `_local` documents, `_purge`, `_purged_infos`, `_compact`, `_all_docs`, `_revs_diff`,
// `_all_dbs`, `_dbs_info`, `_db_updates`, users. It has not: multipart, views, filters, cookies, ETags of feeds.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/memory_database.hpp"

namespace support {

enum class CouchDialect {
  kCouchdb3,
  kCouchdb2,  // instance_start_time is "0", no _purged_infos
  // Numbers as sequences, no _bulk_get, _dbs_info, _purged_infos and `pending`; _local documents conflict. instance_start_time is
  // when the database was opened, which each request does, as where more databases are used than may be open.
  kCouchdb1,
  kCozy,  // cozy-stack: /data/{doctype}/…, bearer token, normal feeds only, no attachments but /files/download/{id}
};

struct CouchOptions {
  CouchDialect dialect = CouchDialect::kCouchdb3;
  // The server's administrator; empty: whoever comes is one. Databases are for administrators and their members.
  std::string user = {};
  std::string password = {};
  std::string token = {};  // of kCozy; empty: none is asked for
  std::string cozy_prefix = "cozy";  // of kCozy: /data/a.b is the database "{cozy_prefix}/a-b"
  std::size_t shards = 2;  // of each database
  memory::SequenceStyle sequences = memory::SequenceStyle::kOpaque;
  // `_db_updates` is 403 for everybody, as behind a proxy that lets it not through.
  bool refuses_db_updates = false;
  bool decodes_paths =
      false;  // %2F is a slash before the path is cut at slashes, as behind nginx with a path in proxy_pass
  std::chrono::milliseconds db_updates_delay{0};  // [global_changes] max_write_delay; CouchDB: 500
  // A continuous feed whose database is deleted gets a second status line between its chunks, as one recording shows;
  // else it ends like a time-out.
  bool breaks_feeds_of_deleted = false;
  bool is_in_maintenance =
      false;  // feeds of databases end after what is there, as where a node is in maintenance_mode
  std::size_t chunk_bytes = 1490;  // [chttpd] chunked_response_buffer
};

struct CouchCounters {
  std::map<std::string, std::uint64_t> requests;  // by "POST _bulk_get", "GET document", …
  std::uint64_t connections = 0;  // accepted
  std::uint64_t open_connections = 0;
  std::uint64_t most_connections = 0;  // open at a time
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;  // of payloads

  [[nodiscard]] std::uint64_t all_requests() const;
};

// Listens on a free port of loopback. Its members may be called from any thread; what they name and is not there throws
// std::out_of_range, revisions that are none std::invalid_argument.
class MemoryCouchdb {
 public:
  explicit MemoryCouchdb(CouchOptions options = {});
  MemoryCouchdb(const MemoryCouchdb&) = delete;
  MemoryCouchdb& operator=(const MemoryCouchdb&) = delete;
  ~MemoryCouchdb();

  [[nodiscard]] std::string url() const;  // without a path; of kCozy too: add "/data" to it
  [[nodiscard]] unsigned short port() const;

  void create(const std::string& database);  // being there already is success
  void drop(const std::string& database);
  void recreate(const std::string& database);  // empty, with another instance_start_time
  [[nodiscard]] bool contains(const std::string& database) const;
  [[nodiscard]] std::vector<std::string> databases() const;

  // Creates the document, edits its winner, or brings a deleted one back. `json`: an object, kept and sent byte for byte,
  // odd as it may be, without members that begin with an underscore; attachments stay. Returns the revision.
  std::string put(const std::string& database, const std::string& id, std::string_view json);
  std::string remove(const std::string& database, const std::string& id);
  // A revision beside the winner, of the same generation and parent; deleted or live.
  std::string conflict(const std::string& database, const std::string& id, std::string_view json,
                       bool deleted = false);
  // A revision with its history: `revisions` newest first, "3-c", "2-b", "1-a".
  void graft(const std::string& database, const std::string& id,
             const std::vector<std::string>& revisions, std::string_view json,
             bool deleted = false);
  std::string attach(const std::string& database, const std::string& id, const std::string& name,
                     const std::string& content_type, const std::string& bytes);
  // Forgets all leaves, or one.
  void purge(const std::string& database, const std::string& id);
  void purge(const std::string& database, const std::string& id, const std::string& rev);
  void compact(const std::string& database);
  void set_revs_limit(const std::string& database, std::size_t limit);

  [[nodiscard]] std::string update_seq(const std::string& database) const;  // JSON
  // Shows a database; nothing changes meanwhile.
  void inspect(const std::string& database,
               const std::function<void(const memory::Database&)>& visit) const;

  void add_user(const std::string& name, const std::string& password);
  void set_members(const std::string& database, std::vector<std::string> names);
  // Feeds of the database that wait are refused with that status; all else of it is well.
  void break_feeds(const std::string& database, int status);
  // Feeds of the database show nothing newer than what is there now, as those of a node that is behind the others.
  void hold_feeds(const std::string& database);
  void release_feeds(const std::string& database);
  // No node of the cluster that has a copy of a shard of it answers: for `_dbs_info`, it is not there.
  void set_unreachable(const std::string& database, bool is_unreachable);
  // The bytes of a file of kCozy, by document id.
  void set_file(const std::string& id, const std::string& content_type, std::string bytes);

  [[nodiscard]] CouchCounters counters() const;
  void reset_counters();  // but for what is open
  void disconnect();  // closes every connection, in the middle of what it does

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace support
