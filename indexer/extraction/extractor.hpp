// The text of a file by its digest: from the cache, or by reading it, plain text here and all else in a worker process. Any
// thread; as many workers run as threads ask. They end with this object, which therefore lives as long as a piece of work.
//
// After the text of a message come those of the files that are attached to it, and to the messages in it: each is read by
// itself, so that one that harms its worker takes no other's text along, and is in the cache by itself.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "indexer/extraction/cache.hpp"
#include "indexer/extraction/extract.hpp"
#include "indexer/extraction/worker.hpp"
#include "replica/pool.hpp"

namespace indexer {

class Extractor {
 public:
  explicit Extractor(ExtractCache& cache)
      : cache_(cache), workers_([] { return std::make_unique<ExtractWorker>(); }) {}

  // Fails where it failed before: another try would end the same.
  [[nodiscard]] Extract read(const std::string& digest, FileType type, std::string_view bytes);

 private:
  [[nodiscard]] Extract read_alone(std::string_view bytes, FileType type);
  [[nodiscard]] Extract read_message(std::string_view bytes, int depth, int& files_left);
  [[nodiscard]] Extract read_in_worker(std::string_view bytes, FileType type);

  ExtractCache& cache_;
  replica::Pool<ExtractWorker> workers_;
};

}  // namespace indexer
