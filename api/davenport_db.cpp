#include "api/davenport_db.hpp"

#include <fmt/format.h>

#include "api/data_folder.hpp"
#include "embedded/davenport_sql.hpp"
#include "embedded/davenport_upgrade_sql.hpp"

namespace api {
namespace {

constexpr int kFormat = 2;
// A reader of a file of format 1 gets empty temporary tables in place of those that format 2 added.
constexpr std::string_view kBridge =
    "CREATE TEMP TABLE task (number INTEGER, kind TEXT, account TEXT, arguments TEXT, state TEXT, "
    "done INTEGER, total INTEGER, "
    "seconds_left INTEGER, outcome TEXT, problems TEXT, created INTEGER, started INTEGER, ended "
    "INTEGER, runner TEXT, cancel INTEGER);"
    "CREATE TEMP TABLE standing (account, standing);"
    "CREATE TEMP TABLE token (id, hash, accounts, admin, created, expires)";

}  // namespace

std::optional<replica::sqlite::Connection> open_davenport_db(const std::filesystem::path& file,
                                                             replica::sqlite::Access access) {
  const bool is_writing = access == replica::sqlite::Access::kReadWrite;
  if (!is_writing && !std::filesystem::exists(file)) return std::nullopt;
  std::optional<replica::sqlite::Connection> connection(std::in_place, file, access,
                                                        replica::sqlite::Durability::kFull);
  replica::sqlite::open_schema(*connection, access, kFormat, embedded::davenport_sql,
                               embedded::davenport_upgrade_sql, kBridge);
  return connection;
}

std::string advice_on_damage(const std::exception& error) {
  const auto* const of_sqlite = dynamic_cast<const replica::sqlite::Error*>(&error);
  const bool is_damage = of_sqlite != nullptr && of_sqlite->tells_damage() &&
                         of_sqlite->file().filename() == davenport_db_file("").filename();
  if (!is_damage) return {};
  return fmt::format(
      "{} is damaged. Stop the server, move it aside together with its -wal and -shm, and start "
      "again: no mail is in it. Tokens have to be created anew, and accounts paused or removed "
      "again",
      of_sqlite->file().string());
}

}  // namespace api
