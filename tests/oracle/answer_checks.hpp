// What must hold of any right set of hits: their order, their threads, what facets count of them. Each check says what is wrong
// in words, or nothing.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/oracle/engine.hpp"
#include "tests/oracle/entry.hpp"

namespace oracle {

using Entries = std::vector<const Entry*>;

inline constexpr const char* kFacets[] = {"sender", "mailbox", "year",
                                          "type",   "keyword", "language"};

// Orders of lists, which searches know as well; each also with "-" before it.
inline constexpr const char* kSorts[] = {"received", "sent", "from", "to", "subject", "size"};

[[nodiscard]] std::string named(const Entry& entry);
// Newest first; those of one second by id, where they are of one account.
[[nodiscard]] std::string date_order_fault(const Entries& hits);
// Scores of hits by relevance never rise.
[[nodiscard]] std::string score_fault(const std::vector<Hit>& hits);
// `facets` counts exactly what `hits` have, the most frequent first, and leaves out only what is less frequent.
[[nodiscard]] std::string facet_fault(const Entries& hits,
                                      const std::map<std::string, FacetValues>& facets);
// The first of each thread; a file stands for itself.
[[nodiscard]] Entries first_of_threads(const Entries& hits);
// The same hits, in whatever order.
[[nodiscard]] std::string set_fault(Entries expected, Entries hits);

}  // namespace oracle
