// Base64 for addresses and ids (RFC 4648 section 5), without padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace indexer {

[[nodiscard]] std::string to_base64url(std::string_view bytes);
// Nothing for what holds another character.
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);

}  // namespace indexer
