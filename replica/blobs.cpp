#include "replica/blobs.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fstream>
#include <mutex>
#include <openssl/evp.h>
#include <set>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "embedded/blobs_sql.hpp"
#include "replica/compression.hpp"
#include "replica/files.hpp"
#include "replica/pool.hpp"

namespace replica {

namespace {

constexpr int kFormat = 1;
constexpr std::size_t kPackedBelow =
    std::size_t{256} << 10;  // bytes; larger ones would bloat the log of the packed file

constexpr std::string_view kPrefix = "md5-";
constexpr std::size_t kBase64Size = 24;

using Md5 = std::array<unsigned char, 16>;

Md5 md5(std::string_view bytes) {
  Md5 result;
  if (EVP_Digest(bytes.data(), bytes.size(), result.data(), nullptr, EVP_md5(), nullptr) != 1) {
    throw std::runtime_error(
        "OpenSSL refuses md5, by which CouchDB names attachments: check its configuration");
  }
  return result;
}

std::string to_digest(const Md5& value) {
  std::array<unsigned char, kBase64Size + 1> text{};  // and the zero that OpenSSL writes
  EVP_EncodeBlock(text.data(), value.data(), static_cast<int>(value.size()));
  return std::string(kPrefix).append(text.begin(), text.begin() + kBase64Size);
}

std::optional<Md5> parse_digest(std::string_view digest) {
  if (!digest.starts_with(kPrefix) || digest.size() != kPrefix.size() + kBase64Size)
    return std::nullopt;
  const auto base64 = digest.substr(kPrefix.size());
  std::array<unsigned char, 18> decoded{};
  const auto* const text = reinterpret_cast<const unsigned char*>(base64.data());
  if (EVP_DecodeBlock(decoded.data(), text, static_cast<int>(kBase64Size)) !=
      static_cast<int>(decoded.size())) {
    return std::nullopt;
  }
  Md5 value;
  std::copy_n(decoded.begin(), value.size(), value.begin());
  // OpenSSL forgives spaces and stray bits; a digest has one spelling only.
  if (to_digest(value) != digest) return std::nullopt;
  return value;
}

std::filesystem::path file_of(const std::filesystem::path& folder, const Md5& value) {
  std::string hex;
  for (const auto byte : value) hex += fmt::format("{:02x}", byte);
  return folder / hex.substr(0, 2) / hex;
}

std::span<const std::byte> key(const Md5& value) { return std::as_bytes(std::span(value)); }

std::optional<std::string> read_file(const std::filesystem::path& file) {
  std::error_code absent;
  const auto size = std::filesystem::file_size(file, absent);
  if (absent) return std::nullopt;
  std::string bytes(size, '\0');
  std::ifstream in(file, std::ios::binary);
  if (!in.read(bytes.data(), static_cast<std::streamsize>(size))) {
    throw std::filesystem::filesystem_error("cannot read", file,
                                            std::make_error_code(std::errc::io_error));
  }
  return bytes;
}

sqlite::Connection open(const std::filesystem::path& file, sqlite::Access access) {
  sqlite::Connection connection(file, access, sqlite::Durability::kFull);
  sqlite::open_schema(connection, access, kFormat, embedded::blobs_sql);
  return connection;
}

// The packed file, with what one thread at a time needs to read or write it.
struct PackedReader {
  explicit PackedReader(const std::filesystem::path& file)
      : connection(open(file, sqlite::Access::kReadOnly)),
        find(connection.prepare("SELECT size, data FROM blobs WHERE md5=?")) {}

  sqlite::Connection connection;
  sqlite::Statement find;
  Decompressor decompressor;
};

struct PackedWriter {
  explicit PackedWriter(const std::filesystem::path& file)
      : connection(open(file, sqlite::Access::kReadWrite)),
        is_known(connection.prepare("SELECT 1 FROM blobs WHERE md5=?")),
        insert(connection.prepare("INSERT INTO blobs (md5, size, data) VALUES (?,?,?)")) {}

  void put(const Md5& value, std::string_view bytes) {
    {
      const sqlite::ResetAtEnd reset(is_known);
      if (is_known.bind(key(value)).step()) return;
    }
    const auto data = std::as_bytes(std::span(compressor.pack(bytes)));
    insert.bind(key(value), static_cast<std::int64_t>(bytes.size()), data).run();
  }

  sqlite::Connection connection;
  sqlite::Statement is_known, insert;
  Compressor compressor;
};

}  // namespace

std::string blob_digest(std::string_view bytes) { return to_digest(md5(bytes)); }

struct Blobs::State {
  State(std::filesystem::path path, sqlite::Access wanted)
      : folder(std::move(path)),
        packed(folder / "packed.db"),
        access(wanted),
        readers([this] { return std::make_unique<PackedReader>(packed); }) {}

  void write_files(std::span<const std::pair<Md5, std::string_view>> blobs) const;
  [[nodiscard]] std::optional<std::string> find(const Md5& value);

  std::filesystem::path folder;
  std::filesystem::path packed;
  sqlite::Access access;
  std::mutex writing_mutex;
  std::unique_ptr<PackedWriter> writer;
  Pool<PackedReader> readers;
};

// A file has its name only when all of it is durable: first under another name, then renamed.
void Blobs::State::write_files(std::span<const std::pair<Md5, std::string_view>> blobs) const {
  std::set<std::filesystem::path> folders;
  for (const auto& [value, bytes] : blobs) {
    const auto file = file_of(folder, value);
    if (std::filesystem::exists(file)) continue;
    create_folders(file.parent_path());
    auto unfinished = file;
    unfinished += ".new";
    write_and_sync(unfinished, bytes);
    std::filesystem::rename(unfinished, file);
    folders.insert(file.parent_path());
  }
  for (const auto& changed : folders) sync_folder(changed);
}

std::optional<std::string> Blobs::State::find(const Md5& value) {
  // A reader may come before the first blob does.
  if (std::filesystem::exists(packed)) {
    const auto reader = readers.take();
    const sqlite::ResetAtEnd reset(reader->find);
    if (reader->find.bind(key(value)).step()) {
      std::string bytes;
      if (!reader->decompressor.unpack(reader->find.blob(1), reader->find.integer(0), bytes)) {
        throw sqlite::damaged(packed, "a blob that cannot be decompressed");
      }
      return bytes;
    }
  }
  return read_file(file_of(folder, value));
}

Blobs::Blobs(const std::filesystem::path& folder, sqlite::Access access)
    : state_(std::make_unique<State>(folder, access)) {}

Blobs::~Blobs() = default;

void Blobs::put(std::span<const Blob> blobs) {
  if (state_->access == sqlite::Access::kReadOnly) throw sqlite::read_only(state_->packed);
  std::vector<std::pair<Md5, std::string_view>> small, large;
  for (const auto& blob : blobs) {
    const auto value = parse_digest(blob.digest);
    if (!value) throw std::invalid_argument(fmt::format("not an md5 digest: {:?}", blob.digest));
    (blob.bytes.size() < kPackedBelow ? small : large).emplace_back(*value, blob.bytes);
  }
  const std::lock_guard lock(state_->writing_mutex);
  state_->write_files(large);
  if (small.empty()) return;
  if (!state_->writer) state_->writer = std::make_unique<PackedWriter>(state_->packed);
  sqlite::Transaction transaction(state_->writer->connection);
  for (const auto& [value, bytes] : small) state_->writer->put(value, bytes);
  transaction.commit();
}

std::optional<std::string> Blobs::get(std::string_view digest) const {
  const auto value = parse_digest(digest);
  if (!value) return std::nullopt;
  auto bytes = state_->find(*value);
  if (bytes && md5(*bytes) != *value) {
    throw std::runtime_error(
        fmt::format("the attachment {} in {} is damaged: remove it there to fetch it again", digest,
                    state_->folder.native()));
  }
  return bytes;
}

}  // namespace replica
