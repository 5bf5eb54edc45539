// The passage of a text that shows why it was found: HTML-escaped, with <mark> around the words of
// the query.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "indexer/query.hpp"

namespace indexer {

// At most about `max_bytes` of `text` (tags and entities not counted) around the cluster with most
// of the words searched for; the beginning where none matches. Cut between words, with "…" where
// something was left out; white space is one space. Of a phrase, only what stands as a phrase is
// marked. `field` says which field `text` is of: words of the query that name another field, or are
// not wanted, do not match. Linear in the text, of which the first 256 KiB are looked at.
// `languages` are those whose forms of words count.
[[nodiscard]] std::string snippet(std::string_view text, const Query& query, Field field,
                                  const std::vector<std::string>& languages,
                                  std::size_t max_bytes = 200);

}  // namespace indexer
