// The one door to SQLite: connections, statements and transactions that clean up after themselves and throw `Error` with
// words that a person can act on. A connection belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

struct sqlite3;
struct sqlite3_stmt;

namespace replica::sqlite {

class Error : public std::runtime_error {
 public:
  Error(int code, const std::string& message, std::filesystem::path file = {})
      : std::runtime_error(message), code_(code), file_(std::move(file)) {}
  [[nodiscard]] int code() const { return code_; }  // SQLite's extended result code
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }  // empty: of none
  [[nodiscard]] bool is_disk_full() const;
  [[nodiscard]] bool is_refused() const;  // locked by another program, no permission, no memory
  // What the file holds is not what was written: it is corrupt, or lacks what statements name. All else (no room, a lock, no
  // handles, no permission, another format) says nothing of what it holds.
  [[nodiscard]] bool tells_damage() const;

 private:
  int code_;
  std::filesystem::path file_;
};

enum class Access { kReadOnly, kReadWrite };
// kFull: a committed transaction survives a power cut. kNormal: it survives a crash of the program (derived files).
enum class Durability { kFull, kNormal };

// A prepared statement. Parameters are bound by position from 1, columns read by position from 0.
class Statement {
 public:
  Statement() = default;

  // Binds all parameters in order, after a reset.
  template <typename... Values>
  Statement& bind(const Values&... values) {
    reset();
    int index = 0;
    (bind_one(++index, values), ...);
    return *this;
  }
  // True while there is a row.
  bool step();
  // Runs a statement to its end; rows are dropped.
  void run();
  // The number that the first row has in its first column, 0 when there is no row; resets the statement.
  [[nodiscard]] std::int64_t scalar();
  // A statement that gave a row and has not come to its end holds its view of the file open, and with it the write-ahead
  // log: reset it when its columns are read (ResetAtEnd).
  void reset();

  [[nodiscard]] std::int64_t integer(int column) const;
  // Valid until the next step or reset; empty for NULL.
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::string_view blob(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  friend class Connection;
  friend class ReadTransaction;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  void bind_one(int index, std::int64_t value);
  void bind_one(int index, int value) { bind_one(index, static_cast<std::int64_t>(value)); }
  void bind_one(int index, bool value) { bind_one(index, static_cast<std::int64_t>(value)); }
  void bind_one(int index, std::uint32_t value) {
    bind_one(index, static_cast<std::int64_t>(value));
  }
  void bind_one(int index, std::uint64_t value) {
    bind_one(index, static_cast<std::int64_t>(value));
  }
  // Texts and blobs are not copied: they must live until the statement has been stepped to its end or reset.
  void bind_one(int index, std::string_view text);
  void bind_one(int index, const std::string& text) { bind_one(index, std::string_view(text)); }
  void bind_one(int index, const char* text) { bind_one(index, std::string_view(text)); }
  void bind_one(int index, std::span<const std::byte> blob);
  void bind_one(int index, std::nullptr_t);
  template <typename T>
  void bind_one(int index, const std::optional<T>& value) {
    value ? bind_one(index, *value) : bind_one(index, nullptr);
  }

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// Resets a statement when the scope that reads its columns is left, by whatever way.
class ResetAtEnd {
 public:
  explicit ResetAtEnd(Statement& statement) : statement_(statement) {}
  ResetAtEnd(const ResetAtEnd&) = delete;
  ResetAtEnd& operator=(const ResetAtEnd&) = delete;
  ~ResetAtEnd() { statement_.reset(); }

 private:
  Statement& statement_;
};

inline constexpr int kUsualPage = 4'096;  // bytes

class Connection {
 public:
  // Opens in WAL mode; kReadWrite creates the file and its folder. A reader in another process needs write access to the
  // -shm file only. Throws Error when the file cannot be opened or is no database.
  //
  // A reader that may not write to the folder opens a closed file as one that nobody changes: it must be opened anew to
  // see what a writer that starts later does.
  //
  // `page_bytes` is the size of a new file's pages; an old one keeps its own.
  Connection(const std::filesystem::path& file, Access access, Durability durability,
             int page_bytes = kUsualPage);
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  [[nodiscard]] Statement prepare(std::string_view sql) const;
  void execute(std::string_view sql) const;  // one or more statements without parameters
  [[nodiscard]] std::int64_t last_insert_rowid() const;
  [[nodiscard]] std::int64_t changes() const;  // rows changed by the last statement
  [[nodiscard]] std::int64_t data_version() const;  // differs after another connection committed
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }

  // Gives back the space of what was deleted, where that is a tenth of the file or more; it takes the file's size once more
  // while it does. Others read meanwhile; those who write wait.
  void compact() const;
  // Writes what is committed to a new file, durably and without space that is not used. Others read and write meanwhile.
  void copy_to(const std::filesystem::path& file) const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  friend class ReadTransaction;
  std::unique_ptr<sqlite3, Close> database_;
  std::filesystem::path file_;
  mutable Statement begin_, commit_;  // of ReadTransaction, prepared by the first
};

// BEGIN IMMEDIATE … COMMIT; rolled back when destroyed without `commit`.
class Transaction {
 public:
  explicit Transaction(Connection& connection);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  Connection& connection_;
  bool open_ = true;
};

// A consistent view for several reads (BEGIN … COMMIT).
class ReadTransaction {
 public:
  explicit ReadTransaction(const Connection& connection);
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;
  ~ReadTransaction();

 private:
  const Connection& connection_;
};

// Gives a new file its tables and its format version (PRAGMA user_version), in one transaction. Throws Error when the file
// is of another format than `format`, or is new and `access` forbids to fill it.
//
// A file of the format before is brought up to date by the statements of `upgrade`, in one transaction. Who only reads
// it sees it through those of `bridge`: temporary tables and views, which hide the file's own of the same name. Empty: that
// format is refused too.
void open_schema(Connection& connection, Access access, int format, std::string_view schema,
                 std::string_view upgrade = {}, std::string_view bridge = {});

// False for a file without tables, which is just being made, or was given up; and where there is none.
[[nodiscard]] bool has_tables(const std::filesystem::path& file);

// For what a file holds that SQLite does not check: an Error that says it is damaged.
[[nodiscard]] Error damaged(const std::filesystem::path& file, std::string_view detail);
// For who would write to what was opened for reading.
[[nodiscard]] Error read_only(const std::filesystem::path& file);

}  // namespace replica::sqlite
