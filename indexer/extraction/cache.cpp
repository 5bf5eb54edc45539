#include "indexer/extraction/cache.hpp"

#include <atomic>
#include <mutex>
#include <span>

#include "embedded/extracts_sql.hpp"
#include "embedded/extracts_upgrade_sql.hpp"
#include "replica/compression.hpp"
#include "replica/digest.hpp"
#include "replica/pool.hpp"
#include "replica/transient_errors.hpp"

namespace indexer {
namespace {

namespace fs = std::filesystem;
using replica::sqlite::Access;
using replica::sqlite::Connection;
using replica::sqlite::ResetAtEnd;
using replica::sqlite::Statement;

constexpr int kFormat = 3;
// What a file of format 2 lacks.
constexpr std::string_view kBridge =
    "CREATE TEMP VIEW extracts AS SELECT *, NULL AS sum FROM main.extracts";

Connection open_cache(const fs::path& file, Access access) {
  Connection connection(file, access, replica::sqlite::Durability::kNormal);
  replica::sqlite::open_schema(connection, access, kFormat, embedded::extracts_sql,
                               embedded::extracts_upgrade_sql, kBridge);
  return connection;
}

void remove_database(const fs::path& file) {
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(file.string() + suffix);
}

Connection open_or_replace(const fs::path& file) {
  try {
    return open_cache(file, Access::kReadWrite);
  } catch (const replica::sqlite::Error& error) {
    if (replica::is_transient(error)) throw;
    remove_database(file);
    return open_cache(file, Access::kReadWrite);
  }
}

std::span<const std::byte> key(const replica::Digest& digest) {
  return std::as_bytes(std::span(digest));
}

std::span<const std::byte> blob(std::string_view bytes) {
  return std::as_bytes(std::span(bytes.data(), bytes.size()));
}

std::int64_t sum_of(const Extract& extract) {
  return replica::crc32(extract.text) ^ replica::crc32(extract.failure);
}

struct CacheReader {
  explicit CacheReader(const fs::path& file)
      : connection(open_cache(file, Access::kReadOnly)),
        find(connection.prepare(
            "SELECT truncated, failure, size, data, sum FROM extracts WHERE md5 = ? "
            "AND type = ? AND version = ?")),
        find_part(connection.prepare("SELECT md5 FROM parts WHERE message = ? AND part = ?")) {}

  Connection connection;
  Statement find, find_part;
  replica::Decompressor decompressor;
};

struct CacheWriter {
  explicit CacheWriter(const fs::path& file)
      : connection(open_or_replace(file)),
        put(connection.prepare("INSERT OR REPLACE INTO extracts VALUES (?, ?, ?, ?, ?, ?, ?, ?)")),
        forget(connection.prepare("DELETE FROM extracts WHERE md5 = ? AND type = ?")),
        put_part(connection.prepare("INSERT OR REPLACE INTO parts VALUES (?, ?, ?)")) {}

  Connection connection;
  Statement put, forget, put_part;
  replica::Compressor compressor;
};

}  // namespace

struct ExtractCache::State {
  State(fs::path path, Access wanted)
      : file(std::move(path)),
        access(wanted),
        readers([this] { return std::make_unique<CacheReader>(file); }) {}

  // False while there is no file that can be read.
  [[nodiscard]] bool is_readable() {
    if (readable) return true;
    if (!fs::exists(file)) return false;
    try {
      std::ignore = readers.take();
      readable = true;
    } catch (const replica::sqlite::Error&) {
      return false;
    }
    return true;
  }

  CacheWriter& writing() {
    if (!writer) writer = std::make_unique<CacheWriter>(file);
    return *writer;
  }

  const fs::path file;
  const Access access;
  replica::Pool<CacheReader> readers;
  std::atomic<bool> readable{false};
  std::mutex mutex;  // of what follows
  std::unique_ptr<CacheWriter> writer;
};

ExtractCache::ExtractCache(fs::path file, Access access)
    : state_(std::make_unique<State>(std::move(file), access)) {}

ExtractCache::~ExtractCache() = default;

std::optional<Extract> ExtractCache::find(std::string_view digest, FileType type) const {
  const auto value = replica::parse_digest(digest);
  if (!value || !state_->is_readable()) return std::nullopt;
  const auto reader = state_->readers.take();
  const ResetAtEnd reset(reader->find);
  if (!reader->find.bind(key(*value), static_cast<int>(type), kExtractorVersion).step())
    return std::nullopt;
  Extract extract;
  extract.truncated = reader->find.integer(0) != 0;
  extract.failure = reader->find.text(1);
  if (!reader->decompressor.unpack(reader->find.blob(3), reader->find.integer(2), extract.text))
    return std::nullopt;
  // A row that was damaged is no row: the file is read again.
  if (!reader->find.is_null(4) && reader->find.integer(4) != sum_of(extract)) return std::nullopt;
  return extract;
}

void ExtractCache::put(std::string_view digest, FileType type, const Extract& extract) {
  const auto value = replica::parse_digest(digest);
  if (!value || state_->access != Access::kReadWrite) return;
  const std::lock_guard lock(state_->mutex);
  auto& writer = state_->writing();
  const auto data = writer.compressor.pack(extract.text);
  const auto failure =
      extract.failure.empty() ? std::nullopt : std::optional<std::string>(extract.failure);
  writer.put
      .bind(key(*value), static_cast<int>(type), kExtractorVersion, extract.truncated, failure,
            static_cast<std::int64_t>(extract.text.size()), blob(data), sum_of(extract))
      .run();
}

ExtractFailures ExtractCache::failures() const {
  ExtractFailures failures;
  if (!state_->is_readable()) return failures;
  const auto reader = state_->readers.take();
  auto count = reader->connection.prepare(
      "SELECT count(*) FROM extracts WHERE failure IS NOT NULL AND version = ?");
  if (count.bind(kExtractorVersion).step()) failures.files = count.integer(0);
  auto reasons = reader->connection.prepare(
      "SELECT failure, count(*) AS files FROM extracts WHERE failure IS NOT NULL AND version = ? "
      "GROUP BY failure ORDER BY files DESC, failure LIMIT ?");
  reasons.bind(kExtractorVersion, ExtractFailures::kReasonsNamed);
  while (reasons.step()) failures.reasons.emplace_back(reasons.text(0), reasons.integer(1));
  return failures;
}

void ExtractCache::forget(std::string_view digest, FileType type) {
  const auto value = replica::parse_digest(digest);
  if (!value || state_->access != Access::kReadWrite || !state_->is_readable()) return;
  const std::lock_guard lock(state_->mutex);
  state_->writing().forget.bind(key(*value), static_cast<int>(type)).run();
}

void ExtractCache::copy_to(const fs::path& file) const {
  if (state_->is_readable()) state_->readers.take()->connection.copy_to(file);
}

std::optional<std::string> ExtractCache::part_digest(std::string_view message,
                                                     std::string_view part_id) const {
  const auto value = replica::parse_digest(message);
  if (!value || !state_->is_readable()) return std::nullopt;
  const auto reader = state_->readers.take();
  const ResetAtEnd reset(reader->find_part);
  if (!reader->find_part.bind(key(*value), part_id).step()) return std::nullopt;
  const auto part = replica::digest_from_bytes(reader->find_part.blob(0));
  if (!part) return std::nullopt;
  return replica::to_digest(*part);
}

void ExtractCache::put_part(std::string_view message, std::string_view part_id,
                            std::string_view digest) {
  const auto of_message = replica::parse_digest(message);
  const auto of_part = replica::parse_digest(digest);
  if (!of_message || !of_part || state_->access != Access::kReadWrite) return;
  const std::lock_guard lock(state_->mutex);
  state_->writing().put_part.bind(key(*of_message), part_id, key(*of_part)).run();
}

}  // namespace indexer
