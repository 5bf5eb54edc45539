// "Did you mean": words of the index that are one slip, or two, from a word that finds little. For sources of this folder only.
#pragma once

#include <string>
#include <vector>
#include <xapian.h>

#include "indexer/fulltext.hpp"
#include "indexer/posting_sources.hpp"

namespace indexer {

// For each single word that the query wants and few entries hold, the frequent word that it is most probably a slip of, if
// there is one. Words of fewer than four letters are left alone.
[[nodiscard]] std::vector<Suggestion> suggest_words(const Xapian::Database& database,
                                                    const Query& query, Deadline& deadline);

}  // namespace indexer
