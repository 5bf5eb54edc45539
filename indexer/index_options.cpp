#include "indexer/index_options.hpp"

#include <fmt/format.h>

#include "indexer/sha256.hpp"

namespace indexer {

std::string IndexOptions::identity() const {
  std::string text = language;
  for (const auto& header : headers) text += "\n" + header;
  return sha256_hex(text).substr(0, 6);
}

}  // namespace indexer
