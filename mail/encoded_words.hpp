// Encoded words in header fields (RFC 2047, RFC 2231 section 5).
#pragma once

#include <string>
#include <string_view>

namespace mail {

// `line` (UTF-8) with its encoded words decoded. Also words that stand inside others, in quotes, or
// hold blanks, as some programs write them. A character may be split between words of one charset.
[[nodiscard]] std::string decode_words(std::string_view line);

}  // namespace mail
