// Gives the text of a file by its digest, from the cache or by reading the file: plain text in this
// process, all else in a worker process. Any thread; as many workers run as threads ask. They end
// with this object, so keep it only for one piece of work.
//
// The text of an attached message is followed by the texts of the files that are attached to it and
// to messages in it. Each file is read and cached by itself, so a file that crashes its worker does
// not cost the text of another.
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

  // Fails at once where it failed before: another try would end the same.
  [[nodiscard]] Extract read(const std::string& digest, FileType type, std::string_view bytes);

 private:
  [[nodiscard]] Extract read_alone(std::string_view bytes, FileType type);
  [[nodiscard]] Extract read_message(std::string_view bytes, int depth, int& files_left);
  [[nodiscard]] Extract read_in_worker(std::string_view bytes, FileType type);

  ExtractCache& cache_;
  replica::Pool<ExtractWorker> workers_;
};

}  // namespace indexer
