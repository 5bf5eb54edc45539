#include "indexer/extraction/extractor.hpp"

#include <system_error>

namespace indexer {

Extract Extractor::read(const std::string& digest, FileType type, std::string_view bytes) {
  if (auto known = cache_.find(digest, type)) return std::move(*known);
  const bool is_plain = file_type_of_bytes(bytes, type) == FileType::kText;
  auto extract = is_plain ? extract_text(bytes, type) : read_in_worker(bytes, type);
  if (extract.is_final) cache_.put(digest, type, extract);
  return extract;
}

// Mail is searched also where no process can be started.
Extract Extractor::read_in_worker(std::string_view bytes, FileType type) {
  try {
    return workers_.take()->read(bytes, type);
  } catch (const std::system_error& error) {
    auto extract = Extract::failed(error.what());
    extract.is_final = false;
    return extract;
  }
}

}  // namespace indexer
