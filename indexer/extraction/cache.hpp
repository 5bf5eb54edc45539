// extracts.db: the texts of an account's files by digest. So a file that is in 500 mails is read
// once, and a reindex reads no file again. Derived: it may be deleted at any time. Any thread.
//
// Entries of another kExtractorVersion are ignored. Texts of files that no document names any more
// stay until extracts.db is deleted. Throws replica::sqlite::Error.
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
  // Nothing is created before the first `put`. A damaged extracts.db, or one of another format,
  // counts as missing; a writer replaces it.
  ExtractCache(std::filesystem::path file, replica::sqlite::Access access);
  ~ExtractCache();

  // `digest` is that of replica::blob_digest. Nothing when the file was not read before as that
  // type.
  [[nodiscard]] std::optional<Extract> find(std::string_view digest, FileType type) const;
  // For the writer; does nothing when opened for reading.
  void put(std::string_view digest, FileType type, const Extract& extract);

  [[nodiscard]] ExtractFailures failures() const;
  // For the writer. The file is read again when it is next asked for.
  void forget(std::string_view digest, FileType type);

  void copy_to(const std::filesystem::path& file) const;  // nothing where there is none

  // The digest of a part of the message with digest `digest`, if it was put here.
  [[nodiscard]] std::optional<std::string> part_digest(std::string_view message,
                                                       std::string_view part_id) const;
  void put_part(std::string_view message, std::string_view part_id, std::string_view digest);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace indexer
