// Hashes of the parts of an entry, of which EntryChecksums are the sums. For sources of this folder
// only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <xapian.h>

#include "indexer/entry_checksums.hpp"

namespace indexer {

// The next state of a hash that takes in `value`.
[[nodiscard]] inline std::uint64_t mix(std::uint64_t state, std::uint64_t value) {
  state = (state ^ value) * 0x9e3779b97f4a7c15U;
  return state ^ (state >> 32);
}
[[nodiscard]] std::uint64_t hash_of(std::string_view bytes);

// Of one posting of the term with that hash. `positions` must be at the beginning of its list.
[[nodiscard]] inline std::uint64_t hash_of_posting(std::uint64_t term, Xapian::termcount wdf,
                                                   Xapian::PositionIterator positions) {
  auto hash = mix(term, wdf);
  for (; positions != Xapian::PositionIterator(); ++positions) hash = mix(hash, *positions);
  return mix(hash, 1);
}
[[nodiscard]] inline std::uint64_t hash_of_term(std::uint64_t term, Xapian::termcount wdf) {
  return mix(mix(term, wdf), 2);
}
[[nodiscard]] inline std::uint64_t hash_of_data(std::string_view data, std::uint64_t length) {
  return mix(mix(hash_of(data), length), 3);
}
[[nodiscard]] inline std::uint64_t hash_of_value(unsigned slot, std::string_view value) {
  return mix(mix(hash_of(value), slot), 4);
}

// A text that differs between any two states of an index.
[[nodiscard]] std::string revision_of(const Xapian::Database& database);

// Of an entry that EntryBuilder made, or that was read from a database.
[[nodiscard]] EntryChecksums checksums_of(const Xapian::Document& entry);

}  // namespace indexer
