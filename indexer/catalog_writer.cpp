#include "indexer/catalog_writer.hpp"

#include "embedded/catalog_sql.hpp"

namespace indexer {
namespace {

// A page of a list is 50 rows of some 1 KB, mostly side by side.
constexpr int kPageBytes = 8'192;

// Random inserts in half a dozen B-trees: what they touch between two batches should stay in
// memory.
constexpr std::string_view kWriterTuning =
    "PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 8192";

}  // namespace

Connection Writer::open(const std::filesystem::path& file) {
  Connection connection(file, replica::sqlite::Access::kReadWrite,
                        replica::sqlite::Durability::kNormal, kPageBytes);
  connection.execute(kWriterTuning);
  replica::sqlite::open_schema(connection, replica::sqlite::Access::kReadWrite, kCatalogFormat,
                               embedded::catalog_sql);
  return connection;
}

void Writer::set_meta(std::string_view key, std::string_view value) {
  put_meta.bind(key, value).run();
}

}  // namespace indexer
