// Puts documents of another store into one, as they were there: with their revisions, trees and times of arrival. While it
// is used, it is the one object that writes the file. Throws sqlite::Error.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "replica/store_snapshot.hpp"

namespace replica {

class StoreRestorer {
 public:
  // Creates the file when it is absent.
  explicit StoreRestorer(const std::filesystem::path& file);
  ~StoreRestorer();

  // All of them, or none. Afterwards each has these leaves and no others; one without leaves is purged. Documents that are
  // so already change nothing. Throws std::invalid_argument for a revision of generation 0.
  void restore(std::vector<WholeDocument> documents);

 private:
  std::unique_ptr<class StoreWriter> writer_;
};

}  // namespace replica
