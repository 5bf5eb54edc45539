// Small functions over UTF-8 that indexing needs beside those of mail/text.hpp.
#pragma once

#include <cstddef>
#include <string_view>

namespace indexer {

// White space of ASCII.
[[nodiscard]] constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// The longest beginning of at most `max_bytes` that does not end inside a character.
[[nodiscard]] constexpr std::string_view utf8_prefix(std::string_view utf8, std::size_t max_bytes) {
  if (utf8.size() <= max_bytes) return utf8;
  while (max_bytes > 0 && (static_cast<unsigned char>(utf8[max_bytes]) & 0xC0) == 0x80) --max_bytes;
  return utf8.substr(0, max_bytes);
}

}  // namespace indexer
