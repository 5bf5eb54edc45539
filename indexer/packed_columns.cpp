#include "indexer/packed_columns.hpp"

#include <algorithm>

namespace indexer {

std::string pack(const std::vector<std::string>& texts) {
  std::string packed;
  for (const auto& text : texts) {
    const auto size = static_cast<std::uint32_t>(text.size());
    packed.append(reinterpret_cast<const char*>(&size), sizeof size);
    packed += text;
  }
  return packed;
}

std::vector<std::string> unpack_texts(std::string_view packed) {
  std::vector<std::string> texts;
  std::uint32_t size = 0;
  while (packed.size() >= sizeof size) {
    std::memcpy(&size, packed.data(), sizeof size);
    texts.emplace_back(packed.substr(sizeof size, size));
    packed.remove_prefix(std::min(packed.size(), sizeof size + size));
  }
  return texts;
}

}  // namespace indexer
