// extracts.db: the texts of an account's files by digest, so that the same file in 500 mails is read once, and no file again at
// a reindex. Derived: it may be deleted at any time. Any thread.
//
// An entry of another kExtractorVersion is none. Files that nobody has any more stay until the file is deleted.
// Throws replica::sqlite::Error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "indexer/extraction/extract.hpp"
#include "replica/sqlite.hpp"

namespace indexer {

// Files whose text could not be read.
struct ExtractFailures {
  static constexpr int kReasonsNamed = 10;

  std::int64_t files = 0;
  // The most frequent first, with how many files each has.
  std::vector<std::pair<std::string, std::int64_t>> reasons;
};

class ExtractCache {
 public:
  // Nothing is created before the first `put`. A file that is damaged or of another format is as good as none; who writes
  // replaces it.
  ExtractCache(std::filesystem::path file, replica::sqlite::Access access);
  ~ExtractCache();

  // `digest` as replica::blob_digest gives it. Nothing when the file was not read as that type.
  [[nodiscard]] std::optional<Extract> find(std::string_view digest, FileType type) const;
  // For who writes; nothing happens for others.
  void put(std::string_view digest, FileType type, const Extract& extract);

  [[nodiscard]] ExtractFailures failures() const;
  // For who writes: those files are read again when they are next asked for.
  void forget_failures();

  void copy_to(const std::filesystem::path& file) const;  // nothing where there is none

  // The digest of a part of the message with that digest, when it was put here.
  [[nodiscard]] std::optional<std::string> part_digest(std::string_view message,
                                                       std::string_view part_id) const;
  void put_part(std::string_view message, std::string_view part_id, std::string_view digest);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace indexer
