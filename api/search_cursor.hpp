// A place in the hits of a search, as clients keep it: opaque text, base64url of a small JSON text. It names the search, so that
// no other is read from it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "indexer/fulltext.hpp"

namespace api {

[[nodiscard]] std::string to_cursor(const indexer::SearchRequest& request,
                                    const indexer::SearchPlace& place);
// Nothing for what is no cursor of that search.
[[nodiscard]] std::optional<indexer::SearchPlace> from_cursor(const indexer::SearchRequest& request,
                                                              std::string_view cursor);

}  // namespace api
