#include "replica/sqlite.hpp"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/statvfs.h>
#include <system_error>
#include <unistd.h>

#include "replica/files.hpp"
#include "replica/sqlite_error.hpp"

namespace replica::sqlite {

namespace {

constexpr int kBusyTimeout = 10'000;  // milliseconds that a writer waits for another
constexpr int kReaderCache = 2'000;  // kilobytes of pages kept, at most
// The same. Random ids touch much of their index: measured, 2,000 make a commit a tenth dearer.
constexpr int kWriterCache = 4'000;
// The write-ahead log is copied into the file when it has so many bytes, and may occupy them while it is empty.
constexpr int kLogBytes = 32 << 20;

// SQLite counts its allocations under one lock for all threads unless told not to.
void stop_counting_allocations() {
  static const int done = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(done);
}

bool has_room(const std::filesystem::path& folder) {
  struct statvfs system {};
  if (::statvfs(folder.c_str(), &system) != 0) return true;
  return (::geteuid() == 0 ? system.f_bfree : system.f_bavail) > 0;
}

// No log, and no way to make one: SQLite would refuse to open the file, but then nobody writes to
// it either.
bool must_be_immutable(const std::filesystem::path& file) {
  if (is_writable(file.parent_path()) && has_room(file.parent_path())) return false;
  // Of the log's index, at first; less was left by somebody who found no room for it.
  constexpr std::uintmax_t kIndexBytes = 32'768;
  std::error_code no_log, no_index;
  const auto log_bytes = std::filesystem::file_size(file.string() + "-wal", no_log);
  const auto index_bytes = std::filesystem::file_size(file.string() + "-shm", no_index);
  return no_log || (log_bytes == 0 && (no_index || index_bytes < kIndexBytes));
}

std::string immutable_uri(const std::filesystem::path& file) {
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(file).string()) {
    if (c == '%' || c == '?' || c == '#') {
      uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(statement_.get());
    return false;
  }
  try {
    fail(statement_.get(), code);
  } catch (...) {
    sqlite3_reset(statement_.get());
    throw;
  }
}

void Statement::run() {
  while (step()) {
  }
}

std::int64_t Statement::scalar() {
  const ResetAtEnd reset(*this);
  return step() ? integer(0) : 0;
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::text(int column) const {
  const auto* const text =
      reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::string_view Statement::blob(int column) const {
  const auto* const blob = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  if (blob == nullptr) return {};
  return {blob, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void Statement::bind_one(int index, std::int64_t value) {
  const int code = sqlite3_bind_int64(statement_.get(), index, value);
  if (code != SQLITE_OK) fail(statement_.get(), code);
}

// A null pointer would be bound as NULL, which an empty view is not.
void Statement::bind_one(int index, std::string_view text) {
  const int code =
      sqlite3_bind_text64(statement_.get(), index, text.data() == nullptr ? "" : text.data(),
                          text.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) fail(statement_.get(), code);
}

void Statement::bind_one(int index, std::span<const std::byte> blob) {
  const int code = sqlite3_bind_blob64(
      statement_.get(), index, blob.data() == nullptr ? static_cast<const void*>("") : blob.data(),
      blob.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) fail(statement_.get(), code);
}

void Statement::bind_one(int index, std::nullptr_t) {
  const int code = sqlite3_bind_null(statement_.get(), index);
  if (code != SQLITE_OK) fail(statement_.get(), code);
}

void Connection::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Connection::Connection(const std::filesystem::path& file, Access access, Durability durability,
                       int page_bytes)
    : file_(file) {
  stop_counting_allocations();
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  std::string name = file.string();
  if (access == Access::kReadWrite) {
    flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    create_folders(file.parent_path());
  } else {
    flags |= SQLITE_OPEN_READONLY;
    if (must_be_immutable(file)) {
      flags |= SQLITE_OPEN_URI;
      name = immutable_uri(file);
    }
  }
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &database, flags, nullptr);
  database_.reset(database);
  if (code != SQLITE_OK) fail(database, code, file_.native());
  sqlite3_busy_timeout(database, kBusyTimeout);
  if (access == Access::kReadOnly) {
    execute(fmt::format("PRAGMA cache_size=-{}", kReaderCache));
    // The file itself is read here for the first time.
    prepare("SELECT count(*) FROM sqlite_schema").run();
    return;
  }
  // Not mapped into memory: that gains little here, and a file that is cut short under a map kills
  // the program.
  execute(
      fmt::format("PRAGMA page_size={}; PRAGMA cache_size=-{}; PRAGMA synchronous={}; "
                  "PRAGMA wal_autocheckpoint={}; PRAGMA journal_size_limit={}; "
                  "PRAGMA secure_delete=FAST",
                  page_bytes, kWriterCache, durability == Durability::kFull ? "FULL" : "NORMAL",
                  kLogBytes / page_bytes, kLogBytes));
  Statement mode = prepare("PRAGMA journal_mode=WAL");
  if (!mode.step() || mode.text(0) != "wal") {
    throw Error(SQLITE_IOERR,
                fmt::format("the file system of {} cannot share memory between programs, which a "
                            "write-ahead log needs: keep it on a local disk",
                            file_.native()),
                file_);
  }
}

Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Statement Connection::prepare(std::string_view sql) const {
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) fail(database_.get(), code, file_.native());
  Statement statement;
  statement.statement_.reset(handle);
  return statement;
}

void Connection::execute(std::string_view sql) const {
  const int code =
      sqlite3_exec(database_.get(), std::string(sql).c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(database_.get(), code, file_.native());
}

std::int64_t Connection::last_insert_rowid() const {
  return sqlite3_last_insert_rowid(database_.get());
}

std::int64_t Connection::changes() const { return sqlite3_changes64(database_.get()); }

std::int64_t Connection::data_version() const { return prepare("PRAGMA data_version").scalar(); }

void Connection::compact() const {
  const auto unused = prepare("PRAGMA freelist_count").scalar();
  if (unused * 10 < prepare("PRAGMA page_count").scalar()) return;
  execute("VACUUM");
  execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

void Connection::copy_to(const std::filesystem::path& file) const {
  // By a connection of its own: what stands in for tables of a newer format is no part of the file.
  const Connection plain(file_, Access::kReadOnly, Durability::kFull);
  auto copy = plain.prepare("VACUUM INTO ?");
  try {
    copy.bind(file.string()).run();
  } catch (const Error& error) {
    // SQLite names the file that it reads.
    if (!error.is_disk_full()) throw;
    throw Error(error.code(), explain(error.code(), 0, file.native(), ""), file);
  }
  sync_file(file);
}

Transaction::Transaction(Connection& connection) : connection_(connection) {
  connection_.execute("BEGIN IMMEDIATE");
}

// A transaction that SQLite itself gave up (disk full) is over already: the error of a second
// rollback says nothing.
Transaction::~Transaction() {
  if (!open_) return;
  try {
    connection_.execute("ROLLBACK");
  } catch (const Error&) {
  }
}

void Transaction::commit() {
  connection_.execute("COMMIT");
  open_ = false;
}

ReadTransaction::ReadTransaction(const Connection& connection) : connection_(connection) {
  if (connection_.begin_.statement_ == nullptr) {
    connection_.begin_ = connection_.prepare("BEGIN");
    connection_.commit_ = connection_.prepare("COMMIT");
  }
  connection_.begin_.run();
}

ReadTransaction::~ReadTransaction() {
  try {
    connection_.commit_.run();
  } catch (const Error&) {
  }
}

void open_schema(Connection& connection, Access access, int format, std::string_view schema,
                 std::string_view upgrade, std::string_view bridge) {
  const auto found = [&connection] { return connection.prepare("PRAGMA user_version").scalar(); };
  const auto statements_for = [&](std::int64_t version) -> std::string_view {
    if (version == 0) return schema;
    return version == format - 1 ? upgrade : std::string_view();
  };
  std::int64_t version = found();
  if (access == Access::kReadWrite && !statements_for(version).empty()) {
    Transaction transaction(connection);
    version = found();  // another handle may have been faster
    if (const auto statements = statements_for(version); !statements.empty()) {
      connection.execute(statements);
      connection.execute(fmt::format("PRAGMA user_version={}", format));
      transaction.commit();
      return;
    }
  }
  if (version == format) return;
  if (version == format - 1 && access == Access::kReadOnly && !bridge.empty()) {
    connection.execute("PRAGMA temp_store=MEMORY");
    connection.execute(bridge);
    return;
  }
  const auto& file = connection.file().native();
  if (version > format) {
    throw Error(SQLITE_FORMAT,
                fmt::format("{} was written by a newer davenport (format {}, this one knows {}): "
                            "use the newer program, nothing was changed",
                            file, version, format),
                file);
  }
  if (version == 0) {
    throw Error(
        SQLITE_FORMAT,
        fmt::format("{} has no tables yet: it is just being created, or was given up", file), file);
  }
  throw Error(SQLITE_FORMAT,
              fmt::format("{} has format {} where {} is needed", file, version, format), file);
}

bool has_tables(const std::filesystem::path& file) {
  std::error_code absent;
  const auto bytes = std::filesystem::file_size(file, absent);
  if (absent || bytes == 0) return false;
  const Connection connection(file, Access::kReadOnly, Durability::kFull);
  return connection.prepare("SELECT 1 FROM sqlite_schema").step();
}

}  // namespace replica::sqlite
