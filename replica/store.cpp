#include "replica/store.hpp"

#include <mutex>
#include <system_error>
#include <utility>

#include "replica/pool.hpp"
#include "replica/store_reader.hpp"
#include "replica/store_writer.hpp"

namespace replica {

// Readers have connections of their own: in a write-ahead log they never wait for the writer.
struct Store::State {
  State(std::filesystem::path path, sqlite::Access access)
      : file(std::move(path)),
        writer(access == sqlite::Access::kReadWrite ? std::make_unique<StoreWriter>(file)
                                                    : nullptr),
        readers([this] { return std::make_unique<StoreReader>(file); }) {}

  [[nodiscard]] StoreWriter& writing() const {
    if (!writer) throw sqlite::read_only(file);
    return *writer;
  }

  std::filesystem::path file;
  std::mutex writing_mutex;
  std::unique_ptr<StoreWriter> writer;
  Pool<StoreReader> readers;
};

Store::Store(const std::filesystem::path& file, sqlite::Access access)
    : state_(std::make_unique<State>(file, access)) {
  // A file that cannot be read is to be known now; a writer has looked already.
  if (access == sqlite::Access::kReadOnly) static_cast<void>(state_->readers.take());
}

Store::~Store() = default;

StoreIdentity Store::identity() const { return state_->readers.take()->identity(); }

LocalSeq Store::last_seq() const { return state_->readers.take()->last_seq(); }

StoreCounts Store::counts() const {
  StoreCounts counts = state_->readers.take()->counts();
  for (const char* suffix : {"", "-wal"}) {
    std::error_code absent;
    const auto bytes = std::filesystem::file_size(state_->file.string() + suffix, absent);
    if (!absent) counts.bytes += static_cast<std::int64_t>(bytes);
  }
  return counts;
}

Checkpoint Store::checkpoint() const { return state_->readers.take()->checkpoint(); }

std::vector<Quarantined> Store::quarantined() const {
  return state_->readers.take()->quarantined();
}

std::vector<std::string> Store::conflicted(std::size_t limit) const {
  return state_->readers.take()->conflicted(limit);
}

std::vector<WantedBlob> Store::wanted(std::chrono::sys_seconds now, std::size_t limit) const {
  return state_->readers.take()->wanted(now, limit);
}

std::optional<std::chrono::sys_seconds> Store::next_attempt() const {
  return state_->readers.take()->next_attempt();
}

std::string Store::replication_log() const { return state_->readers.take()->replication_log(); }

bool Store::is_sweeping() const { return state_->readers.take()->is_sweeping(); }

std::vector<std::string> Store::unmet(std::size_t limit) const {
  return state_->readers.take()->unmet(limit);
}

std::vector<RevisionsOfDocument> Store::missing(std::span<const RevisionsOfDocument> rows) const {
  return state_->readers.take()->missing(rows);
}

std::vector<RevisionsOfDocument> Store::missing_leaves(
    std::span<const RevisionsOfDocument> rows) const {
  return state_->readers.take()->missing_leaves(rows);
}

CommitSummary Store::commit(const Batch& batch) {
  const std::lock_guard lock(state_->writing_mutex);
  return state_->writing().commit(batch);
}

void Store::begin_sweep() {
  const std::lock_guard lock(state_->writing_mutex);
  state_->writing().begin_sweep();
}

void Store::set_replication_log(std::string_view json) {
  const std::lock_guard lock(state_->writing_mutex);
  state_->writing().set_replication_log(json);
}

std::int64_t Store::retry(const std::optional<std::string>& id) {
  const std::lock_guard lock(state_->writing_mutex);
  return state_->writing().retry(id);
}

std::int64_t Store::ignore(std::string_view id) {
  const std::lock_guard lock(state_->writing_mutex);
  return state_->writing().ignore(id);
}

void Store::renew_epoch() {
  const std::lock_guard lock(state_->writing_mutex);
  state_->writing().renew_epoch();
}

void Store::compact() {
  const std::lock_guard lock(state_->writing_mutex);
  state_->writing().compact();
}

void Store::copy_to(const std::filesystem::path& file) const {
  state_->readers.take()->copy_to(file);
}

std::vector<Change> Store::changes(LocalSeq since, std::size_t limit) const {
  return state_->readers.take()->changes(since, limit);
}

std::size_t Store::documents(
    LocalSeq since, std::size_t limit,
    const std::function<void(const Change&, std::string_view body)>& visit) const {
  const auto reader = state_->readers.take();
  FeedPage page;
  std::size_t visited = 0;
  while (visited < limit) {
    reader->read_page(since, limit - visited, page);
    if (page.size == 0) break;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < page.size; ++i) {
      const auto& row = page.rows[i];
      visit(row.change, std::string_view(page.bytes).substr(begin, row.body_end - begin));
      begin = row.body_end;
    }
    visited += page.size;
    since = page.rows[page.size - 1].change.seq;
  }
  return visited;
}

std::int64_t Store::pending(LocalSeq since) const { return state_->readers.take()->pending(since); }

std::optional<StoredDocument> Store::read(std::string_view id) const {
  return state_->readers.take()->read(id);
}

std::optional<RevisionTree> Store::tree(std::string_view id) const {
  return state_->readers.take()->tree(id);
}

std::optional<std::string> Store::body(std::string_view id, const RevId& rev) const {
  return state_->readers.take()->body(id, rev);
}

}  // namespace replica
