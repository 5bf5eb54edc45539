// Counts values, such as senders or years, over the hits of a search.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "indexer/kind.hpp"

namespace indexer {

enum class Facet { kSender, kMailbox, kYear, kType, kKeyword, kLanguage };

struct FacetName {
  Facet facet;
  std::string_view name;
};
inline constexpr FacetName kFacets[] = {
    {Facet::kSender, "sender"}, {Facet::kMailbox, "mailbox"}, {Facet::kYear, "year"},
    {Facet::kType, "type"},     {Facet::kKeyword, "keyword"}, {Facet::kLanguage, "language"},
};

// The values of one entry, from the catalog.
struct FacetRow {
  std::uint32_t number = 0;
  Kind kind = Kind::kMail;
  std::int64_t date = 0;
  std::string_view sender;
  std::vector<std::string_view> mailboxes, keywords;
};

struct FacetCounts {
  Facet facet{};
  std::vector<std::pair<std::string, std::int64_t>> values;  // most frequent first
  bool is_exact = true;  // false: of the newest kMaxFaceted hits
};

// The most hits that are counted; each takes about 5 µs.
inline constexpr std::size_t kMaxFaceted = 20'000;
// The most values of a facet in an answer.
inline constexpr std::size_t kMaxFacetValues = 20;

class FacetCounter {
 public:
  explicit FacetCounter(const std::vector<Facet>& facets);

  void add(const FacetRow& row);
  void add(Facet facet, std::string_view value);
  [[nodiscard]] bool wants(Facet facet) const { return counts_.contains(facet); }
  // At most `most_values` of each facet.
  [[nodiscard]] std::vector<FacetCounts> take(bool is_exact,
                                              std::size_t most_values = kMaxFacetValues);

 private:
  std::map<Facet, std::map<std::string, std::int64_t, std::less<>>> counts_;
};

}  // namespace indexer
