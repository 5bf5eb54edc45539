// The content of an entry of the text index as three numbers, each a sum of hashes over parts of
// the entry, so that the order in which the parts are met does not matter: an index that is read
// list by list can be compared with freshly analysed entries, and neither has to be kept in memory.
// A change of any term, frequency, position or value changes a sum, except by a chance of 1 in
// 2^64.
#pragma once

#include <cstdint>

namespace indexer {

struct EntryChecksums {
  std::uint64_t postings = 0;  // terms, frequencies and positions, as the lists of terms have them
  std::uint64_t terms = 0;  // terms, frequencies, data and length, as the entry has them
  std::uint64_t values = 0;
  friend bool operator==(const EntryChecksums&, const EntryChecksums&) = default;
};

}  // namespace indexer
