#include "replica/sqlite_error.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <system_error>
#include <unistd.h>

#include "replica/transient_errors.hpp"

namespace replica::sqlite {

namespace {

std::string_view advice_on(int system_error) {
  switch (system_error) {
    case EMFILE:
    case ENFILE:
      return ": raise the limit of open files (ulimit -n) and try again";
    case EACCES:
    case EPERM:
      return ": check its permissions and those of its folder";
    case EROFS:
      return ": copy the folder to where it can be written";
    default:
      return "";
  }
}

// The system's reason for an error of input or output, which sqlite3_system_errno knows only for
// some calls. A commit writes to the log, a checkpoint to the file itself.
int system_error_of(sqlite3* database) {
  int error = sqlite3_system_errno(database);
  if (error != 0) return error;
  sqlite3_file* log = nullptr;
  sqlite3_file_control(database, "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log));
  if (log != nullptr && log->pMethods != nullptr) {
    log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &error);
  }
  if (error == 0) sqlite3_file_control(database, "main", SQLITE_FCNTL_LAST_ERRNO, &error);
  return error;
}

}  // namespace

std::string explain(int code, int system_error, std::string_view file, std::string_view detail) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return fmt::format("no space left on {}: free some and start again; nothing is lost", file);
    case SQLITE_CORRUPT:
      return fmt::format(
          "{} is damaged ({}): leave it where it is; davenport doctor ACCOUNT --repair mends what "
          "can be mended, and says what has to be put back from a backup",
          file, detail);
    case SQLITE_NOTADB:
      return fmt::format("{} is not an SQLite database, or its beginning is damaged", file);
    case SQLITE_BUSY:
      return fmt::format("{} is in use by another program: stop it or try again later ({})", file,
                         detail);
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return fmt::format("{} cannot be written: check its permissions and those of its folder ({})",
                         file, detail);
    case SQLITE_CANTOPEN:
      return fmt::format(
          "cannot open {}: {}{}", file,
          system_error != 0 ? std::generic_category().message(system_error) : std::string(detail),
          advice_on(system_error));
    case SQLITE_IOERR:
      return fmt::format("cannot read or write {}: {} ({})", file,
                         std::generic_category().message(system_error), detail);
    default:
      return fmt::format("{}: {}", file, detail);
  }
}

bool is_writable(const std::filesystem::path& folder) {
  return ::faccessat(AT_FDCWD, folder.empty() ? "." : folder.c_str(), W_OK, AT_EACCESS) == 0;
}

void fail(sqlite3* database, int code, std::string_view file) {
  const std::string detail = sqlite3_errmsg(database);
  const int primary = code & 0xff;
  int system_error =
      primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN ? system_error_of(database) : 0;
  // What SQLite missed then is its log, which it could not make.
  if (primary == SQLITE_CANTOPEN && system_error == ENOENT && std::filesystem::exists(file) &&
      !is_writable(std::filesystem::path(file).parent_path()))
    system_error = errno;
  // SQLite calls only ENOSPC a full disk; a quota and a limit of the file's size are the same to a
  // person.
  if (primary == SQLITE_IOERR && is_out_of_space(system_error)) code = SQLITE_FULL;
  throw Error(code, explain(code, system_error, file, detail), file);
}

void fail(sqlite3_stmt* statement, int code) {
  sqlite3* const database = sqlite3_db_handle(statement);
  const char* const file = sqlite3_db_filename(database, "main");
  fail(database, code, file == nullptr ? "" : file);
}

bool Error::is_disk_full() const { return (code_ & 0xff) == SQLITE_FULL; }

bool Error::is_refused() const {
  const int primary = code_ & 0xff;
  return primary == SQLITE_BUSY || primary == SQLITE_LOCKED || primary == SQLITE_NOMEM ||
         primary == SQLITE_PERM || primary == SQLITE_READONLY;
}

bool Error::tells_damage() const {
  const int primary = code_ & 0xff;
  return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || code_ == SQLITE_ERROR ||
         code_ == SQLITE_TOOBIG;
}

Error damaged(const std::filesystem::path& file, std::string_view detail) {
  return {SQLITE_CORRUPT, explain(SQLITE_CORRUPT, 0, file.native(), detail), file};
}

Error read_only(const std::filesystem::path& file) {
  return {SQLITE_READONLY, fmt::format("{} was opened for reading only", file.native()), file};
}

}  // namespace replica::sqlite
