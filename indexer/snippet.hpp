// The passage of a text that shows why it was found: HTML-escaped, with <mark> around the words of the query.
#pragma once

#include <string>
#include <string_view>

#include "indexer/query.hpp"

namespace indexer {

// At most about `max_bytes` of `text` around the densest cluster of matching words; the beginning where none matches.
// `field` says which field `text` is of: words of the query that name another field do not match.
[[nodiscard]] std::string snippet(std::string_view text, const Query& query, Field field, std::size_t max_bytes = 200);

}  // namespace indexer
