// Encoded words in header fields (RFC 2047, RFC 2231 section 5).
#pragma once

#include <string>
#include <string_view>

namespace mail {

// `line` (UTF-8) with its encoded words decoded. Also decodes encoded words inside other words, in
// quotes or with blanks in them, as some programs write them. A character may be split between
// words of one charset.
[[nodiscard]] std::string decode_words(std::string_view line);

// Length of the encoded word that begins at `at`, or 0 when there is none.
[[nodiscard]] std::size_t encoded_word_length(std::string_view line, std::size_t at);

}  // namespace mail
