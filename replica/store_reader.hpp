// One connection that reads a store, with its prepared statements. Belongs to one thread at a time;
// every call is a view of its own, and none is left open when it returns.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "replica/compression.hpp"
#include "replica/sqlite.hpp"
#include "replica/store.hpp"

namespace replica {

// Rows of the feed with their bodies, which lie one after the other in `bytes`. Kept and filled
// again, so that a page costs no allocations.
struct FeedPage {
  struct Row {
    Change change;
    std::size_t body_end = 0;
  };
  std::vector<Row> rows;  // `size` of them are filled
  std::size_t size = 0;
  std::string bytes;
};

class StoreReader {
 public:
  explicit StoreReader(const std::filesystem::path& file);

  [[nodiscard]] StoreIdentity identity();
  void copy_to(const std::filesystem::path& file) const { connection_.copy_to(file); }
  [[nodiscard]] LocalSeq last_seq();
  [[nodiscard]] StoreCounts counts();  // without `bytes`
  [[nodiscard]] Checkpoint checkpoint();
  [[nodiscard]] std::vector<std::string> conflicted(std::size_t limit);
  [[nodiscard]] std::vector<Quarantined> quarantined();
  [[nodiscard]] std::vector<WantedBlob> wanted(std::chrono::sys_seconds now, std::size_t limit);
  [[nodiscard]] std::optional<std::chrono::sys_seconds> next_attempt();
  [[nodiscard]] std::string replication_log();
  [[nodiscard]] bool is_sweeping();
  [[nodiscard]] std::vector<std::string> unmet(std::size_t limit);
  [[nodiscard]] std::vector<RevisionsOfDocument> missing(std::span<const RevisionsOfDocument> rows);
  [[nodiscard]] std::vector<RevisionsOfDocument> missing_leaves(
      std::span<const RevisionsOfDocument> rows);
  [[nodiscard]] std::vector<Change> changes(LocalSeq since, std::size_t limit);
  // Rows after `since`, as many as make a page, at most `limit`; none at the end of the feed.
  void read_page(LocalSeq since, std::size_t limit, FeedPage& page);
  [[nodiscard]] std::int64_t pending(LocalSeq since);
  [[nodiscard]] std::optional<StoredDocument> read(std::string_view id);
  [[nodiscard]] std::optional<RevisionTree> tree(std::string_view id);
  [[nodiscard]] std::optional<std::string> body(std::string_view id, const RevId& rev);

 private:
  [[nodiscard]] std::string meta(std::string_view key);
  [[nodiscard]] std::vector<RevisionsOfDocument> lacking(std::span<const RevisionsOfDocument> rows,
                                                         bool (RevisionTree::*has)(const RevId&)
                                                             const);
  void read_change(const sqlite::Statement& row, Change& change) const;
  void append_body(std::string_view data, std::int64_t size, std::string& out);
  [[nodiscard]] RevisionTree decode(std::string_view leaves) const;

  sqlite::Connection connection_;
  Decompressor decompressor_;
  sqlite::Statement meta_, identity_, last_seq_, count_conflicted_, conflicted_, quarantine_,
      wanted_, next_attempt_, leaves_, changes_, documents_, pending_, document_, body_;
};

}  // namespace replica
