#include "replica/store_file.hpp"

#include <string_view>

#include "embedded/store_sql.hpp"
#include "embedded/store_upgrade_sql.hpp"

namespace replica {
namespace {

constexpr int kStoreFormat = 3;

// Bodies are of some kilobytes: with pages of 4,096 bytes most would spill into a page of their own, and a first pull
// of bodies of 4 KB took half as much processor time again (pull_bench B: 49 µs a document instead of 31).
constexpr int kPageBytes = 16'384;

// What a file of format 2 lacks.
constexpr std::string_view kStoreBridge =
    "CREATE TEMP VIEW bodies AS SELECT id, size, data, NULL AS crc FROM main.bodies";

}  // namespace

sqlite::Connection open_store(const std::filesystem::path& file, sqlite::Access access) {
  sqlite::Connection connection(file, access, sqlite::Durability::kFull, kPageBytes);
  sqlite::open_schema(connection, access, kStoreFormat, embedded::store_sql,
                      embedded::store_upgrade_sql, kStoreBridge);
  return connection;
}

}  // namespace replica
