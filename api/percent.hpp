// Percent-encoding of URLs (RFC 3986).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace api {

enum class Plus { kIsPlus, kIsSpace };  // a path's plus is a plus, a query's is a space

// Nothing when a '%' is not followed by two hexadecimal digits.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text,
                                                        Plus plus = Plus::kIsPlus);

// Everything but letters, digits and "-._~" is encoded.
[[nodiscard]] std::string percent_encode(std::string_view bytes);

}  // namespace api
