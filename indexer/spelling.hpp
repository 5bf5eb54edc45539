// "Did you mean": words of the index that are one slip, or two, from a word that finds little. For
// sources of this folder only.
#pragma once

#include <string>
#include <vector>
#include <xapian.h>

#include "indexer/fulltext.hpp"
#include "indexer/posting_sources.hpp"

namespace indexer {

// For each single word of the query that few entries have: the more frequent word that was most probably
// meant, if there is one. Words of fewer than four letters are left alone.
[[nodiscard]] std::vector<Suggestion> suggest_words(const Xapian::Database& database,
                                                    const Query& query, Deadline& deadline);

}  // namespace indexer
