#include "replica/file_check.hpp"

#include <fmt/format.h>
#include <optional>

#include "replica/blob_files.hpp"
#include "replica/compression.hpp"
#include "replica/digest.hpp"
#include "replica/files.hpp"
#include "replica/sqlite.hpp"

namespace replica {

namespace fs = std::filesystem;

namespace {

constexpr int kProblemsNamed = 20;
constexpr const char* kOtherBytes = "its bytes are not those that its digest names";

// Of a file name as blob_file() makes it.
std::optional<Digest> digest_of_name(std::string_view name) {
  if (name.ends_with(".gz")) name.remove_suffix(3);
  return parse_hex(name);
}

bool is_folder(const fs::path& path) {
  return fs::symlink_status(path).type() == fs::file_type::directory;
}

bool is_file(const fs::path& path) {
  return fs::symlink_status(path).type() == fs::file_type::regular;
}

}  // namespace

std::vector<std::string> problems_of(const fs::path& database) {
  std::vector<std::string> problems;
  try {
    const sqlite::Connection connection(database, sqlite::Access::kReadOnly,
                                        sqlite::Durability::kFull);
    auto version = connection.prepare("PRAGMA user_version");
    if (!version.step() || version.integer(0) == 0) return {"it tells no format"};
    version.reset();
    auto check = connection.prepare(fmt::format("PRAGMA integrity_check({})", kProblemsNamed));
    while (check.step()) {
      if (check.text(0) != "ok") problems.emplace_back(check.text(0));
    }
  } catch (const sqlite::Error& error) {
    if (!error.tells_damage()) throw;
    problems.emplace_back(error.what());
  }
  return problems;
}

void check_packed_blobs(const fs::path& folder, const TellDamage& damaged,
                        const std::function<void()>& between) {
  const auto packed = packed_file(folder);
  const auto connection = open_packed(packed, sqlite::Access::kReadOnly);
  auto select = connection.prepare("SELECT md5, size, data FROM blobs ORDER BY number");
  Decompressor decompressor;
  for (std::string bytes; select.step();) {
    between();
    const auto value = digest_from_bytes(select.blob(0));
    if (!value) {
      damaged("", packed, fmt::format("a blob whose digest has {} bytes", select.blob(0).size()));
      continue;
    }
    bytes.clear();
    if (!decompressor.unpack(select.blob(2), select.integer(1), bytes)) {
      damaged(to_digest(*value), packed, "it cannot be decompressed");
    } else if (!has_digest(bytes, *value)) {
      damaged(to_digest(*value), packed, kOtherBytes);
    }
  }
}

void check_blob_files(const fs::path& folder, const TellDamage& damaged,
                      const std::function<void()>& between) {
  for (const auto& part : fs::directory_iterator(folder)) {
    if (!is_folder(part.path()) || part.path().filename().string().size() != 2) continue;
    for (const auto& file : fs::directory_iterator(part.path())) {
      const auto value = digest_of_name(file.path().filename().string());
      if (!value || !is_file(file.path())) continue;
      between();
      if (!file_has_digest(file.path(), *value))
        damaged(to_digest(*value), file.path(), kOtherBytes);
    }
  }
}

void set_blob_aside(const fs::path& file, const std::string& digest, const std::string& suffix) {
  const auto value = parse_digest(digest);
  if (!value) return;
  if (file != packed_file(file.parent_path())) {
    if (is_file(file)) fs::rename(file, file.string() + suffix);
    return;
  }
  auto connection = open_packed(file, sqlite::Access::kReadWrite);
  sqlite::Transaction transaction(connection);
  auto select = connection.prepare("SELECT data FROM blobs WHERE md5=?");
  if (select.bind(packed_key(*value)).step()) {
    auto kept = blob_file(file.parent_path(), *value, BlobEncoding::kIdentity);
    kept += suffix;
    create_folders(kept.parent_path());
    write_and_sync(kept, select.blob(0));
    sync_folder(kept.parent_path());
  }
  select.reset();
  connection.prepare("DELETE FROM blobs WHERE md5=?").bind(packed_key(*value)).run();
  transaction.commit();
}

}  // namespace replica
