#include "api/davenport_db.hpp"

#include "embedded/davenport_sql.hpp"
#include "embedded/davenport_upgrade_sql.hpp"

namespace api {
namespace {

namespace sqlite = replica::sqlite;

constexpr int kFormat = 2;
// What a file of format 1 lacks.
constexpr std::string_view kBridge =
    "CREATE TEMP TABLE token (id, hash, accounts, admin, created, expires)";

}  // namespace

sqlite::Connection open_davenport_db(const std::filesystem::path& file, sqlite::Access access) {
  sqlite::Connection connection(file, access, sqlite::Durability::kFull);
  sqlite::open_schema(connection, access, kFormat, embedded::davenport_sql,
                      embedded::davenport_upgrade_sql, kBridge);
  return connection;
}

}  // namespace api
