#include "replica/blob_files.hpp"

#include "embedded/blobs_sql.hpp"
#include "embedded/blobs_upgrade_sql.hpp"

namespace replica {

namespace {

constexpr int kPackedFormat = 2;

// What a file of format 1 lacks.
constexpr std::string_view kPackedBridge =
    "CREATE TEMP VIEW blobs AS SELECT number, md5, size, data, 0 AS gzip FROM main.blobs";

}  // namespace

std::filesystem::path blob_file(const std::filesystem::path& folder, const Digest& value,
                                BlobEncoding encoding) {
  const auto hex = to_hex(value);
  return folder / hex.substr(0, 2) / (encoding == BlobEncoding::kGzip ? hex + ".gz" : hex);
}

std::filesystem::path packed_file(const std::filesystem::path& folder) {
  return folder / "packed.db";
}

sqlite::Connection open_packed(const std::filesystem::path& file, sqlite::Access access) {
  sqlite::Connection connection(file, access, sqlite::Durability::kFull);
  sqlite::open_schema(connection, access, kPackedFormat, embedded::blobs_sql,
                      embedded::blobs_upgrade_sql, kPackedBridge);
  return connection;
}

PackedReader::PackedReader(const std::filesystem::path& file)
    : connection(open_packed(file, sqlite::Access::kReadOnly)),
      is_known(connection.prepare("SELECT 1 FROM blobs WHERE md5=?")),
      find(connection.prepare("SELECT size, data, gzip FROM blobs WHERE md5=?")) {}

}  // namespace replica
