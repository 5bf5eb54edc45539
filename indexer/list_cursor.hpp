// A cursor of a list: opaque text for clients. It names its list, so that other lists refuse it,
// and has the key of a row, so that it stays valid when rows come and go, that row included.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "indexer/catalog.hpp"

namespace indexer {

[[nodiscard]] std::string to_cursor(const ListQuery& query, Kind kind, std::string_view key);
// The key; nothing when the text is no cursor of that list.
[[nodiscard]] std::optional<std::string> from_cursor(const ListQuery& query, Kind kind,
                                                     std::string_view cursor);

}  // namespace indexer
