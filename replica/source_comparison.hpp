// Is a store what its source is? Compares the leaves of every document, both ways. What the source changed since the store was
// last pulled is no difference, nor what a filter leaves out, nor what is in quarantine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "replica/couch_client.hpp"
#include "replica/store.hpp"

namespace replica {

struct SourceDifference {
  enum class Kind {
    kMissing,  // the source has it, the store does not
    kExtra,  // the store has it, the source does not
    kDiffers,  // other leaves
  };
  Kind kind = Kind::kDiffers;
  std::string id;  // empty: of the database as a whole
  std::string detail;
};

struct ComparedSource {
  std::int64_t documents = 0;  // of the source, deleted ones too
  std::int64_t not_pulled = 0;  // that the source changed since the last pull
  std::int64_t quarantined = 0;  // that differ, and are known to
  bool is_absent = false;  // there is no such database
};

struct SourceQuestion {
  SourceAddress address;
  std::string database;
  // As of ReplicatorOptions; null: all documents are kept.
  std::function<bool(std::string_view document)> keep;
  std::filesystem::path scratch;  // a file that may be made, and is gone when this returns
};

// Blocks. `differs` is called for each difference; `between` now and then, and may throw. Memory is bounded. Throws SourceError,
// sqlite::Error.
[[nodiscard]] ComparedSource compare_with_source(
    const SourceQuestion& question, const Store& store,
    const std::function<void(const SourceDifference&)>& differs,
    const std::function<void()>& between);

}  // namespace replica
