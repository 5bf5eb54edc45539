#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include "indexer/entry.hpp"
#include "indexer/fulltext.hpp"
#include "indexer/on_threads.hpp"
#include "indexer/xapian_errors.hpp"

namespace indexer {
namespace {

namespace fs = std::filesystem;

// Xapian's time for an entry grows with what it holds in memory; measured best for a database that is merged later.
constexpr std::size_t kEntriesPerPart = 500;
// Text that a part takes into memory before it writes.
constexpr std::size_t kBytesPerFlush = 64 << 20;
// Databases merged at a time; each holds five files open.
constexpr std::size_t kPartsPerMerge = 64;

void sync_path(const fs::path& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 || fsync(file) != 0) {
    const std::error_code error(errno, std::generic_category());
    if (file >= 0) close(file);
    throw std::system_error(error, "cannot write " + path.string() + " to disk");
  }
  close(file);
}

std::size_t bytes_of(const EntryText& text) {
  std::size_t bytes = text.body.size();
  for (const auto& attachment : text.attachments) bytes += attachment.size();
  return bytes;
}

// The parts of an index while it is built, in a folder that goes with this object.
class Build {
 public:
  Build(fs::path folder, const EntrySource& source, const IndexOptions& options,
        const std::function<void(std::size_t)>& done, const std::atomic<bool>& cancelled)
      : folder_(std::move(folder)),
        source_(source),
        options_(options),
        done_(done),
        cancelled_(cancelled) {
    if (fs::exists(folder_))
      throw std::runtime_error("text index " + folder_.string() + ": is there already");
    parts_folder_ = folder_;
    parts_folder_ += ".parts";
    fs::remove_all(parts_folder_);
    fs::create_directories(parts_folder_);
  }
  Build(const Build&) = delete;
  Build& operator=(const Build&) = delete;
  ~Build() {
    std::error_code ignored;
    fs::remove_all(parts_folder_, ignored);
  }

  std::size_t run(const DerivedCheckpoint& checkpoint, int threads) {
    on_threads(threads, [&] { fill_parts(); });
    stop_if_cancelled();
    merge_parts(threads);
    const auto index = parts_.empty() ? new_folder() : parts_.front();
    Xapian::WritableDatabase database(index.string(),
                                      Xapian::DB_CREATE_OR_OPEN | Xapian::DB_BACKEND_GLASS);
    database.replace_document(kEmptyEntry, Xapian::Document());
    database.set_metadata(kCheckpointKey, checkpoint.to_json());
    database.commit();
    database.close();
    stop_if_cancelled();
    for (const auto& file : fs::directory_iterator(index)) sync_path(file.path());
    sync_path(index);
    fs::rename(index, folder_);
    sync_path(folder_.parent_path().empty() ? "." : folder_.parent_path());
    return unread_;
  }

 private:
  struct Run {
    std::vector<TextEntry> entries;
    fs::path part;
  };

  void stop_if_cancelled() const {
    if (cancelled_) throw Cancelled();
  }

  fs::path new_folder() { return parts_folder_ / fmt::format("{}", folders_++); }

  // The next run of entries that nobody has, and where to put it; no entries when all are taken.
  Run claim() {
    const std::lock_guard lock(mutex_);
    Run run;
    if (failed_) return run;
    run.entries = source_.entries(next_number_, kEntriesPerPart);
    if (run.entries.empty()) return run;
    next_number_ = run.entries.back().number + 1;
    run.part = new_folder();
    parts_.push_back(run.part);  // in ascending order of numbers
    return run;
  }

  void fill_parts() {
    try {
      EntryBuilder builder(options_);
      for (auto run = claim(); !run.entries.empty(); run = claim()) {
        const auto unread = fill(run, builder);
        const std::lock_guard lock(mutex_);
        unread_ += unread;
        entries_done_ += run.entries.size();
        done_(entries_done_);
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      failed_ = true;
      throw;
    }
  }

  std::size_t fill(const Run& run, EntryBuilder& builder) {
    Xapian::WritableDatabase part(run.part.string(), Xapian::DB_CREATE_OR_OVERWRITE |
                                                         Xapian::DB_NO_SYNC |
                                                         Xapian::DB_BACKEND_GLASS);
    std::size_t unread = 0, bytes = 0;
    for (const auto& entry : run.entries) {
      stop_if_cancelled();
      auto read = source_.text(entry);
      if (!read) ++unread;
      const auto text = read ? std::move(*read) : EntryText{};
      part.replace_document(entry.number, builder.build(entry, text));
      bytes += bytes_of(text);
      if (bytes > kBytesPerFlush) {
        part.commit();
        bytes = 0;
      }
    }
    part.commit();
    return unread;
  }

  // Merges neighbours until one is left. Few at a time, since each has its files open.
  void merge_parts(int threads) {
    while (parts_.size() > 1) {
      const auto groups = (parts_.size() + kPartsPerMerge - 1) / kPartsPerMerge;
      std::vector<fs::path> merged;
      for (std::size_t i = 0; i < groups; ++i) merged.push_back(new_folder());
      std::atomic<std::size_t> next{0};
      on_threads(std::min<int>(threads, static_cast<int>(groups)), [&] {
        for (auto group = next++; group < groups; group = next++) {
          stop_if_cancelled();
          const auto first = group * kPartsPerMerge;
          merge(first, std::min(first + kPartsPerMerge, parts_.size()), merged[group]);
        }
      });
      parts_ = std::move(merged);
    }
  }

  // Parts hold disjoint ranges of numbers, so entries keep theirs. The metadata of parts is none.
  void merge(std::size_t first, std::size_t last, const fs::path& into) const {
    {
      Xapian::Database together;
      for (auto i = first; i < last; ++i)
        together.add_database(Xapian::Database(parts_[i].string()));
      together.compact(into.string(), Xapian::DBCOMPACT_NO_RENUMBER);
    }
    for (auto i = first; i < last; ++i) fs::remove_all(parts_[i]);
  }

  const fs::path folder_;
  fs::path parts_folder_;
  const EntrySource& source_;
  const IndexOptions& options_;
  const std::function<void(std::size_t)>& done_;
  const std::atomic<bool>& cancelled_;

  std::mutex mutex_;  // for what follows, while threads fill
  std::uint32_t next_number_ = 1;
  std::vector<fs::path> parts_;
  std::size_t folders_ = 0;
  std::size_t entries_done_ = 0;
  std::size_t unread_ = 0;
  bool failed_ = false;
};

}  // namespace

std::size_t build_fulltext(const std::filesystem::path& folder, const EntrySource& source,
                           const DerivedCheckpoint& checkpoint, int threads,
                           const std::function<void(std::size_t)>& done,
                           const std::atomic<bool>& cancelled, const IndexOptions& options) {
  return with_xapian_errors(folder, [&] {
    return Build(folder, source, options, done, cancelled).run(checkpoint, threads);
  });
}

}  // namespace indexer
