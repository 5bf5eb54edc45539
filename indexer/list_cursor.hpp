// A place in a list, as clients keep it: opaque text. It names the list, so that no other is read from it, and the key of the row, so that
// it stays right when rows come and go, that row itself included.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "indexer/catalog.hpp"

namespace indexer {

[[nodiscard]] std::string to_cursor(const ListQuery& query, Kind kind, std::string_view key);
// The key; nothing for what is no cursor of that list.
[[nodiscard]] std::optional<std::string> from_cursor(const ListQuery& query, Kind kind,
                                                     std::string_view cursor);

}  // namespace indexer
