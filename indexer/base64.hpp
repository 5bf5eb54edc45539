// Base64 with padding (RFC 4648 section 4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace indexer {

[[nodiscard]] std::string to_base64(std::string_view bytes);
// Nothing for text that is not base64.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace indexer
