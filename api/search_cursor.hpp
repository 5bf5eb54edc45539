// A cursor of a search as clients see it: opaque text, in fact base64url of a small JSON object. It
// names its search, so another search refuses it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "indexer/fulltext.hpp"

namespace api {

[[nodiscard]] std::string to_cursor(const indexer::SearchRequest& request,
                                    const indexer::SearchPlace& place);
// Nothing for text that is no cursor of that search.
[[nodiscard]] std::optional<indexer::SearchPlace> from_cursor(const indexer::SearchRequest& request,
                                                              std::string_view cursor);

}  // namespace api
