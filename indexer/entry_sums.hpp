// The contents of an entry of the text index as three numbers: sums over its parts, the same in
// whatever order the parts are met. So an index that is walked list by list can be compared with
// freshly analysed entries, and neither has to be kept in memory. A change of any term, frequency,
// position or value changes a sum, except by a chance of 1 in 2^64.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <xapian.h>

namespace indexer {

struct EntrySums {
  // Terms with their frequencies and positions, as the lists of terms have them.
  std::uint64_t postings = 0;
  std::uint64_t terms = 0;  // terms with their frequencies, data and length, as the entry has them
  std::uint64_t values = 0;
  friend bool operator==(const EntrySums&, const EntrySums&) = default;
};

[[nodiscard]] inline std::uint64_t mixed(std::uint64_t state, std::uint64_t value) {
  state = (state ^ value) * 0x9e3779b97f4a7c15U;
  return state ^ (state >> 32);
}
[[nodiscard]] std::uint64_t hash_of(std::string_view bytes);

// The sum of one posting of the term with that hash. `positions` must be at the beginning of its
// list.
[[nodiscard]] inline std::uint64_t hash_of_posting(std::uint64_t term, Xapian::termcount wdf,
                                                   Xapian::PositionIterator positions) {
  auto hash = mixed(term, wdf);
  for (; positions != Xapian::PositionIterator(); ++positions) hash = mixed(hash, *positions);
  return mixed(hash, 1);
}
[[nodiscard]] inline std::uint64_t hash_of_term(std::uint64_t term, Xapian::termcount wdf) {
  return mixed(mixed(term, wdf), 2);
}
[[nodiscard]] inline std::uint64_t hash_of_data(std::string_view data, std::uint64_t length) {
  return mixed(mixed(hash_of(data), length), 3);
}
[[nodiscard]] inline std::uint64_t hash_of_value(unsigned slot, std::string_view value) {
  return mixed(mixed(hash_of(value), slot), 4);
}

// A text that differs between any two states of an index.
[[nodiscard]] std::string revision_of(const Xapian::Database& database);

// The sums of an entry that EntryBuilder made, or that was read from a database.
[[nodiscard]] EntrySums sums_of(const Xapian::Document& entry);

}  // namespace indexer
