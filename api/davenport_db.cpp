#include "api/davenport_db.hpp"

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

}  // namespace api
