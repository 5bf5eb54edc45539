#include "replica/blobs.hpp"

#include <atomic>
#include <fmt/format.h>
#include <mutex>
#include <set>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "replica/blob_files.hpp"
#include "replica/blob_inflation.hpp"
#include "replica/compression.hpp"
#include "replica/digest.hpp"
#include "replica/files.hpp"
#include "replica/pool.hpp"
#include "replica/tuning.hpp"

namespace replica {

namespace {

// Bytes. Larger ones would bloat the log of the packed file.
constexpr std::size_t kPackedBelow = std::size_t{256} << 10;

// Bytes as the digest counts them.
struct Stored {
  std::string bytes;
  BlobEncoding encoding = BlobEncoding::kIdentity;
};

Digest require_digest(std::string_view digest) {
  const auto value = parse_digest(digest);
  if (!value)
    throw std::invalid_argument(fmt::format("neither an md5 nor a sha1 digest: {:?}", digest));
  return *value;
}

std::filesystem::path unfinished_of(const std::filesystem::path& folder, const Digest& value) {
  return folder / "incoming" / to_hex(value);
}

// Nobody goes on with these: no document names them any more.
void remove_forgotten(const std::filesystem::path& incoming) {
  const auto oldest = std::filesystem::file_time_type::clock::now() - tuning::kKeptUnfinished;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(incoming, ignored)) {
    if (entry.last_write_time(ignored) < oldest) std::filesystem::remove(entry.path(), ignored);
  }
}

bool has(sqlite::Statement& is_known, const Digest& value) {
  const sqlite::ResetAtEnd reset(is_known);
  return is_known.bind(packed_key(value)).step();
}

struct PackedWriter {
  explicit PackedWriter(const std::filesystem::path& file)
      : connection(open_packed(file, sqlite::Access::kReadWrite)),
        is_known(connection.prepare("SELECT 1 FROM blobs WHERE md5=?")),
        insert(connection.prepare("INSERT INTO blobs (md5, size, data, gzip) VALUES (?,?,?,?)")) {}

  void put(const Digest& value, std::string_view bytes, BlobEncoding encoding) {
    if (has(is_known, value)) return;
    const bool is_gzip = encoding == BlobEncoding::kGzip;
    const auto data = std::as_bytes(std::span(is_gzip ? bytes : compressor.pack(bytes)));
    insert.bind(packed_key(value), static_cast<std::int64_t>(bytes.size()), data, is_gzip).run();
  }

  sqlite::Connection connection;
  sqlite::Statement is_known, insert;
  Compressor compressor;
};

}  // namespace

std::string blob_digest(std::string_view bytes) { return to_digest(md5(bytes)); }

// The unfinished files that are being written.
struct Unfinished {
  std::mutex mutex;
  std::set<std::filesystem::path> files;
};

struct Blobs::Incoming::State {
  State(std::shared_ptr<Unfinished> all, std::filesystem::path path)
      : file(std::move(path)), unfinished(std::move(all)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    const std::lock_guard lock(unfinished->mutex);
    unfinished->files.erase(file.path());
  }

  GrowingFile file;
  std::shared_ptr<Unfinished> unfinished;
};

struct Blobs::State {
  State(std::filesystem::path path, sqlite::Access wanted)
      : folder(std::move(path)),
        packed(packed_file(folder)),
        access(wanted),
        readers([this] { return std::make_unique<PackedReader>(packed); }) {
    if (access == sqlite::Access::kReadOnly) return;
    // Before there are readers: they do not see an upgrade that comes after them.
    if (std::filesystem::exists(packed)) static_cast<void>(packed_writer());
    remove_forgotten(folder / "incoming");
  }

  void require_writing() const {
    if (access == sqlite::Access::kReadOnly) throw sqlite::read_only(packed);
  }
  [[nodiscard]] PackedWriter& packed_writer();
  // Once its tables are there: another thread, or process, may be making them.
  [[nodiscard]] bool has_packed() {
    if (access == sqlite::Access::kReadOnly && !is_made) is_made = sqlite::has_tables(packed);
    return is_made;
  }
  void write_files(std::span<const std::pair<Digest, std::string_view>> blobs) const;
  void keep_file(const std::filesystem::path& unfinished, const std::filesystem::path& file) const;
  [[nodiscard]] bool contains(const Digest& value);
  [[nodiscard]] std::optional<Stored> find(const Digest& value);

  std::filesystem::path folder;
  std::filesystem::path packed;
  sqlite::Access access;
  std::mutex writing_mutex;
  std::unique_ptr<PackedWriter> writer;
  std::atomic<bool> is_made = false;
  std::shared_ptr<Unfinished> being_written = std::make_shared<Unfinished>();
  Pool<PackedReader> readers;
};

PackedWriter& Blobs::State::packed_writer() {
  if (!writer) writer = std::make_unique<PackedWriter>(packed);
  is_made = true;
  return *writer;
}

// A file has its name only when all of it is durable: first under another name, then renamed.
void Blobs::State::write_files(std::span<const std::pair<Digest, std::string_view>> blobs) const {
  std::set<std::filesystem::path> folders;
  for (const auto& [value, bytes] : blobs) {
    const auto file = blob_file(folder, value, BlobEncoding::kIdentity);
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

void Blobs::State::keep_file(const std::filesystem::path& unfinished,
                             const std::filesystem::path& file) const {
  sync_file(unfinished);
  create_folders(file.parent_path());
  std::filesystem::rename(unfinished, file);
  sync_folder(file.parent_path());
}

bool Blobs::State::contains(const Digest& value) {
  // A reader may come before the first blob does.
  if (has_packed()) {
    const auto reader = readers.take();
    if (has(reader->is_known, value)) return true;
  }
  return std::filesystem::exists(blob_file(folder, value, BlobEncoding::kIdentity)) ||
         std::filesystem::exists(blob_file(folder, value, BlobEncoding::kGzip));
}

std::optional<Stored> Blobs::State::find(const Digest& value) {
  if (has_packed()) {
    const auto reader = readers.take();
    const sqlite::ResetAtEnd reset(reader->find);
    if (reader->find.bind(packed_key(value)).step()) {
      Stored stored;
      if (!reader->decompressor.unpack(reader->find.blob(1), reader->find.integer(0),
                                       stored.bytes)) {
        throw sqlite::damaged(packed, "a blob that cannot be decompressed");
      }
      if (reader->find.integer(2) != 0) stored.encoding = BlobEncoding::kGzip;
      return stored;
    }
  }
  for (const auto encoding : {BlobEncoding::kIdentity, BlobEncoding::kGzip}) {
    if (auto bytes = read_file(blob_file(folder, value, encoding)))
      return Stored{std::move(*bytes), encoding};
  }
  return std::nullopt;
}

Blobs::Incoming::Incoming(std::unique_ptr<State> state) : state_(std::move(state)) {}

Blobs::Incoming::Incoming(Incoming&&) noexcept = default;

Blobs::Incoming::~Incoming() = default;

std::uint64_t Blobs::Incoming::size() const { return state_->file.size(); }

void Blobs::Incoming::append(std::string_view bytes) { state_->file.append(bytes); }

void Blobs::Incoming::restart() { state_->file.clear(); }

Blobs::Blobs(const std::filesystem::path& folder, sqlite::Access access)
    : state_(std::make_unique<State>(folder, access)) {}

Blobs::~Blobs() = default;

void Blobs::put(std::span<const Blob> blobs) {
  state_->require_writing();
  std::vector<std::pair<Digest, std::string_view>> small, large;
  for (const auto& blob : blobs) {
    const auto value = require_digest(blob.digest);
    (blob.bytes.size() < kPackedBelow ? small : large).emplace_back(value, blob.bytes);
  }
  const std::lock_guard lock(state_->writing_mutex);
  state_->write_files(large);
  if (small.empty()) return;
  PackedWriter& writer = state_->packed_writer();
  sqlite::Transaction transaction(writer.connection);
  for (const auto& [value, bytes] : small) writer.put(value, bytes, BlobEncoding::kIdentity);
  transaction.commit();
}

Blobs::Incoming Blobs::receive(std::string_view digest) {
  state_->require_writing();
  auto file = unfinished_of(state_->folder, require_digest(digest));
  const std::lock_guard lock(state_->being_written->mutex);
  while (!state_->being_written->files.insert(file).second) file += "+";
  return Incoming(std::make_unique<Incoming::State>(state_->being_written, std::move(file)));
}

bool Blobs::finish(Incoming incoming, std::string_view digest, BlobEncoding encoding) {
  state_->require_writing();
  const auto value = require_digest(digest);
  const auto& unfinished = incoming.state_->file.path();
  incoming.append({});  // no bytes at all are an attachment too
  if (!file_has_digest(unfinished, value)) {
    const bool is_plain = encoding == BlobEncoding::kGzip && replace_by_inflated(unfinished, value);
    if (!is_plain) {
      std::filesystem::remove(unfinished);
      return false;
    }
    encoding = BlobEncoding::kIdentity;
  }
  if (!state_->contains(value)) {
    const std::lock_guard lock(state_->writing_mutex);
    if (incoming.size() >= kPackedBelow) {
      state_->keep_file(unfinished, blob_file(state_->folder, value, encoding));
      return true;
    }
    PackedWriter& writer = state_->packed_writer();
    sqlite::Transaction transaction(writer.connection);
    writer.put(value, read_file(unfinished).value_or(""), encoding);
    transaction.commit();
  }
  std::filesystem::remove(unfinished);
  return true;
}

bool Blobs::contains(std::string_view digest) const {
  const auto value = parse_digest(digest);
  return value && state_->contains(*value);
}

void Blobs::copy_to(const std::filesystem::path& folder,
                    const std::function<void(std::uint64_t)>& copied) const {
  create_folders(folder);
  if (state_->has_packed()) {
    const auto packed = packed_file(folder);
    state_->readers.take()->connection.copy_to(packed);
    copied(std::filesystem::file_size(packed));
  }
  std::error_code none;
  for (const auto& shelf : std::filesystem::directory_iterator(state_->folder, none)) {
    if (!shelf.is_directory() || shelf.is_symlink() || shelf.path().filename() == "incoming")
      continue;
    const auto copy = folder / shelf.path().filename();
    create_folders(copy);
    for (const auto& blob : std::filesystem::directory_iterator(shelf.path())) {
      if (!blob.is_regular_file() || blob.path().extension() == ".new") continue;
      std::filesystem::copy_file(blob.path(), copy / blob.path().filename());
      sync_file(copy / blob.path().filename());
      copied(blob.file_size());
    }
    sync_folder(copy);
  }
  sync_folder(folder);
}

void Blobs::compact() {
  const std::lock_guard lock(state_->writing_mutex);
  if (state_->has_packed()) state_->packed_writer().connection.compact();
}

std::optional<std::string> Blobs::get(std::string_view digest) const {
  const auto value = parse_digest(digest);
  auto stored = value ? state_->find(*value) : std::nullopt;
  if (!stored) return std::nullopt;
  if (!has_digest(stored->bytes, *value)) {
    throw std::runtime_error(
        fmt::format("the attachment {} in {} is damaged: remove it there to fetch it again", digest,
                    state_->folder.native()));
  }
  if (stored->encoding == BlobEncoding::kIdentity) return std::move(stored->bytes);
  try {
    return inflate_blob(stored->bytes);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("the attachment {} in {} cannot be read: {}", digest,
                                         state_->folder.native(), error.what()));
  }
}

}  // namespace replica
