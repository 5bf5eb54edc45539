#include <algorithm>
#include <atomic>
#include <cinttypes>
#include <cstdio>
#include <fmt/format.h>
#include <fstream>
#include <mutex>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "indexer/durable_files.hpp"
#include "indexer/entry.hpp"
#include "indexer/fulltext.hpp"
#include "indexer/on_threads.hpp"
#include "indexer/xapian_errors.hpp"
#include "replica/files.hpp"

namespace indexer {
namespace {

namespace fs = std::filesystem;

// Xapian's time for an entry grows with what it holds in memory; measured best for a database that
// is merged later.
constexpr std::size_t kEntriesPerPart = 500;
// Text that a part takes into memory before it writes.
constexpr std::size_t kBytesPerFlush = 64 << 20;
// Databases merged at a time; each holds five files open.
constexpr std::size_t kPartsPerMerge = 64;

fs::path parts_of(fs::path folder) { return folder += ".parts"; }

std::size_t bytes_of(const EntryText& text) {
  std::size_t bytes = text.body.size();
  for (const auto& attachment : text.attachments) bytes += attachment.size();
  return bytes;
}

// The parts of an index while it is built, each a database of the entries with consecutive numbers:
//   <folder>.parts/<first>-<last>   complete, and on disk
//   <folder>.parts/<n>.new          being filled or merged
//   <folder>.parts/index            all of them merged; only its checkpoint is still to be written
//   <folder>.parts/begun            two lines: the numbering of the entries, the checkpoint
class IndexBuild {
 public:
  IndexBuild(fs::path folder, const EntrySource& source, const DerivedCheckpoint& checkpoint,
             const IndexOptions& options, Progress& progress)
      : folder_(std::move(folder)),
        parts_folder_(parts_of(folder_)),
        source_(source),
        options_(options),
        progress_(progress),
        checkpoint_(checkpoint) {
    if (fs::exists(folder_))
      throw std::runtime_error("text index " + folder_.string() + ": is there already");
    is_build_begun(folder_, source_.numbering) ? resume() : begin();
  }

  DerivedCheckpoint run(int threads) {
    const auto index = parts_folder_ / "index";
    if (!fs::exists(index)) {
      on_threads(threads, [&] { fill_parts(); });
      merge_parts(threads);
      if (!parts_.empty()) fs::rename(path_of(parts_.front()), index);
    }
    Xapian::WritableDatabase database(index.string(),
                                      Xapian::DB_CREATE_OR_OPEN | Xapian::DB_BACKEND_GLASS);
    database.replace_document(kEmptyEntry, Xapian::Document());
    database.set_metadata(kCheckpointKey, checkpoint_.to_json());
    database.commit();
    database.close();
    progress_.step();
    sync_files(index);
    fs::rename(index, folder_);
    replica::sync_folder(folder_.parent_path().empty() ? "." : folder_.parent_path());
    fs::remove_all(parts_folder_);
    return checkpoint_;
  }

 private:
  struct Part {
    std::uint32_t first = 0, last = 0;
  };

  [[nodiscard]] fs::path path_of(const Part& part) const {
    return parts_folder_ / fmt::format("{}-{}", part.first, part.last);
  }

  void begin() {
    fs::remove_all(parts_folder_);
    fs::create_directories(parts_folder_);
    replica::write_and_sync(parts_folder_ / "begun",
                            source_.numbering + '\n' + checkpoint_.to_json());
    replica::sync_folder(parts_folder_);
  }

  // Takes over what is complete. Parts that were merged into another may still be there.
  void resume() {
    std::ifstream in(parts_folder_ / "begun", std::ios::binary);
    std::string line;
    std::getline(in, line);
    std::getline(in, line);
    checkpoint_ = DerivedCheckpoint::parse(line);
    std::vector<Part> found;
    for (const auto& item : fs::directory_iterator(parts_folder_)) {
      const auto name = item.path().filename().string();
      Part part;
      if (name.ends_with(".new")) {
        fs::remove_all(item.path());
      } else if (std::sscanf(name.c_str(), "%" SCNu32 "-%" SCNu32, &part.first, &part.last) == 2) {
        found.push_back(part);
      }
    }
    std::sort(found.begin(), found.end(), [](const Part& a, const Part& b) {
      return a.first != b.first ? a.first < b.first : a.last > b.last;
    });
    for (const auto& part : found) {
      if (!complete_.empty() && part.last <= complete_.back().last) {
        fs::remove_all(path_of(part));
        continue;
      }
      complete_.push_back(part);
      progress_.done += Xapian::Database(path_of(part).string()).get_doccount();
    }
    parts_ = complete_;
  }

  // The next entries that no thread has claimed and no complete part holds; none when all are taken.
  std::vector<TextEntry> claim() {
    const std::lock_guard lock(mutex_);
    for (;;) {
      if (failed_) return {};
      auto run = source_.entries(next_number_, kEntriesPerPart);
      if (run.empty()) return run;
      const auto part = std::find_if(complete_.begin(), complete_.end(), [&](const Part& each) {
        return each.last >= run.front().number;
      });
      if (part != complete_.end() && part->first <= run.front().number) {
        next_number_ = part->last + 1;
        continue;
      }
      if (part != complete_.end()) {
        std::erase_if(run, [&](const TextEntry& entry) { return entry.number >= part->first; });
      }
      next_number_ = run.back().number + 1;
      return run;
    }
  }

  void fill_parts() {
    try {
      EntryBuilder builder(options_);
      for (auto run = claim(); !run.empty(); run = claim()) {
        fill(run, builder);
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      failed_ = true;
      throw;
    }
  }

  void fill(const std::vector<TextEntry>& run, EntryBuilder& builder) {
    const auto folder = new_part_folder();
    std::size_t bytes = 0;
    {
      Xapian::WritableDatabase part(folder.string(), Xapian::DB_CREATE_OR_OVERWRITE |
                                                         Xapian::DB_NO_SYNC |
                                                         Xapian::DB_BACKEND_GLASS);
      for (const auto& entry : run) {
        progress_.pace();
        auto read = source_.text(entry);
        const auto text = read ? std::move(*read) : EntryText{};
        part.replace_document(entry.number, builder.build(entry, text));
        ++progress_.done;
        bytes += bytes_of(text);
        if (bytes > kBytesPerFlush) {
          part.commit();
          bytes = 0;
        }
      }
      part.commit();
    }
    const Part part{run.front().number, run.back().number};
    complete(folder, part);
    const std::lock_guard lock(mutex_);
    parts_.push_back(part);
  }

  fs::path new_part_folder() {
    const std::lock_guard lock(mutex_);
    return parts_folder_ / fmt::format("{}.new", folders_++);
  }

  // Gives the folder the name of a part. What has such a name is whole and on disk.
  void complete(const fs::path& folder, const Part& part) const {
    sync_files(folder);
    fs::rename(folder, path_of(part));
  }

  // Merges neighbours until one part is left; few at a time, since each has its files open.
  void merge_parts(int threads) {
    const auto by_number = [](const Part& a, const Part& b) { return a.first < b.first; };
    std::sort(parts_.begin(), parts_.end(), by_number);
    while (parts_.size() > 1) {
      const auto groups = (parts_.size() + kPartsPerMerge - 1) / kPartsPerMerge;
      std::vector<Part> merged(groups);
      std::atomic<std::size_t> next{0};
      on_threads(std::min<int>(threads, static_cast<int>(groups)), [&] {
        for (auto group = next++; group < groups; group = next++) {
          progress_.step();
          const auto first = group * kPartsPerMerge;
          merged[group] = merge(
              std::span(parts_).subspan(first, std::min(kPartsPerMerge, parts_.size() - first)));
        }
      });
      parts_ = std::move(merged);
    }
  }

  // Parts hold disjoint ranges of numbers, so entries keep theirs. Parts have no metadata.
  Part merge(std::span<const Part> parts) {
    if (parts.size() == 1) return parts.front();
    const Part merged{parts.front().first, parts.back().last};
    const auto into = new_part_folder();
    {
      Xapian::Database together;
      for (const auto& part : parts)
        together.add_database(Xapian::Database(path_of(part).string()));
      together.compact(into.string(), Xapian::DBCOMPACT_NO_RENUMBER);
    }
    complete(into, merged);
    for (const auto& part : parts) fs::remove_all(path_of(part));
    return merged;
  }

  const fs::path folder_, parts_folder_;
  const EntrySource& source_;
  const IndexOptions& options_;
  Progress& progress_;
  DerivedCheckpoint checkpoint_;
  std::vector<Part> complete_;  // taken over, ascending

  std::mutex mutex_;  // for what follows, while threads fill and merge
  std::vector<Part> parts_;
  std::uint32_t next_number_ = 1;
  std::size_t folders_ = 0;
  bool failed_ = false;
};

}  // namespace

bool is_build_begun(const fs::path& folder, const std::string& numbering) {
  std::ifstream in(parts_of(folder) / "begun", std::ios::binary);
  std::string line;
  return std::getline(in, line) && line == numbering;
}

void copy_fulltext(const fs::path& folder, const fs::path& into) {
  with_xapian_errors(folder, [&] {
    Xapian::Database(folder.string()).compact(into.string(), Xapian::DBCOMPACT_NO_RENUMBER);
    sync_files(into);
  });
}

DerivedCheckpoint build_fulltext(const fs::path& folder, const EntrySource& source,
                                 const DerivedCheckpoint& checkpoint, int threads,
                                 Progress& progress, const IndexOptions& options) {
  return with_xapian_errors(folder, [&] {
    return IndexBuild(folder, source, checkpoint, options, progress).run(threads);
  });
}

DerivedCheckpoint build_fulltext(const fs::path& folder, const Catalog& catalog, const Texts& texts,
                                 const DerivedCheckpoint& checkpoint, int threads,
                                 Progress& progress, const IndexOptions& options) {
  EntrySource source;
  source.entries = [&](std::uint32_t from, std::size_t limit) {
    return catalog.entries(from, limit);
  };
  source.text = [&](const TextEntry& entry) { return texts.read(entry); };
  source.numbering = catalog.numbering();
  return build_fulltext(folder, source, checkpoint, threads, progress, options);
}

}  // namespace indexer
