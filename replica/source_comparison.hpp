// Compares the leaves of every document in a store with those at its source. What the source changed since the last pull is no
// difference, nor what a filter leaves out, nor what is in quarantine. A store that was never pulled is reported as one
// difference.
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
  std::int64_t documents = 0;  // live ones of the source
  std::int64_t not_pulled = 0;  // that the source changed since the last pull
  std::int64_t quarantined = 0;  // that differ, and are known to
  bool is_absent = false;  // there is no such database
  // The store is in the middle of a sweep: how far it was pulled is not known, and what the source changed since differs.
  bool is_being_swept = false;
};

struct SourceQuestion {
  SourceAddress address;
  std::string database;
  // As of ReplicatorOptions; null: all documents are kept.
  std::function<bool(std::string_view document)> keep;
  std::filesystem::path scratch;  // a file that is created, and is gone when the comparison returns
};

// Blocks. Throws SourceError when the source does not say.
[[nodiscard]] bool has_database(const SourceAddress& source, const std::string& database);

// Blocks until all is compared; memory is bounded. `store` is null where there is none. `differs` is called for each difference,
// `between` before each request and page; both may throw. Throws SourceError and sqlite::Error.
[[nodiscard]] ComparedSource compare_with_source(
    const SourceQuestion& question, const Store* store,
    const std::function<void(const SourceDifference&)>& differs,
    const std::function<void()>& between);

}  // namespace replica
