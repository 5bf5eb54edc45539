#include "indexer/entry_hashes.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace indexer {

std::uint64_t hash_of(std::string_view bytes) {
  std::uint64_t hash = mix(0xcbf29ce484222325U, bytes.size());
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    const auto size = std::min(bytes.size(), sizeof word);
    std::memcpy(&word, bytes.data(), size);
    hash = mix(hash, word);
    bytes.remove_prefix(size);
  }
  return hash;
}

std::string revision_of(const Xapian::Database& database) {
  return fmt::format("{} {}", database.get_uuid(), database.get_revision());
}

EntryChecksums checksums_of(const Xapian::Document& entry) {
  EntryChecksums sums;
  std::uint64_t length = 0;
  for (auto term = entry.termlist_begin(); term != entry.termlist_end(); ++term) {
    const auto hash = hash_of(*term);
    const auto wdf = term.get_wdf();
    length += wdf;
    sums.postings += hash_of_posting(hash, wdf, term.positionlist_begin());
    sums.terms += hash_of_term(hash, wdf);
  }
  sums.terms += hash_of_data(entry.get_data(), length);
  for (auto value = entry.values_begin(); value != entry.values_end(); ++value)
    sums.values += hash_of_value(value.get_valueno(), *value);
  return sums;
}

}  // namespace indexer
