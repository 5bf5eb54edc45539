// Files of every kind that text is read from, as a worker reads them.
#include <simdjson.h>

#include "indexer/extraction/extract.hpp"
#include "tests/fuzz/check.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = fuzz::text_of(data, size);
  const auto extract = indexer::extract_text(input, indexer::FileType::kUnknown);
  fuzz::check(extract.text.size() <= indexer::kMaxExtractBytes, "a text is bounded");
  fuzz::check(extract.failure.empty() || extract.text.empty(), "what failed has no text");
  fuzz::check(simdjson::validate_utf8(extract.text), "a text is UTF-8");
  return 0;
}
