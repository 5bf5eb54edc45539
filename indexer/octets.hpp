// Numbers as octets that compare like the numbers, and a hash that stays the same on every machine.
// Both are kept in catalogs and cursors: a change needs another kCatalogFormat.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace indexer {

// Appends the lowest `octets` octets of the number, the highest first.
inline void append_big_endian(std::string& out, std::uint64_t number, int octets = 8) {
  for (int shift = 8 * (octets - 1); shift >= 0; shift -= 8)
    out += static_cast<char>((number >> shift) & 255);
}

// The number that at most eight octets hold.
[[nodiscard]] inline std::uint64_t read_big_endian(std::string_view octets) {
  std::uint64_t number = 0;
  for (const char c : octets) number = (number << 8) | static_cast<unsigned char>(c);
  return number;
}

// FNV-1a, 64 bits.
[[nodiscard]] inline std::uint64_t fnv1a(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

}  // namespace indexer
