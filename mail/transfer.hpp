// Content-Transfer-Encoding (RFC 2045 section 6): the bytes that stand for a part.
#pragma once

#include <string>
#include <string_view>

namespace mail {

// `encoding` in lower case; one that nobody knows leaves the bytes as they are.
[[nodiscard]] std::string decode_transfer(std::string_view body, std::string_view encoding);
// How many bytes that gives, without keeping them.
[[nodiscard]] std::size_t decoded_size(std::string_view body, std::string_view encoding);
// Whether decoding gives the bytes as they are.
[[nodiscard]] bool is_identity(std::string_view encoding);

// Several encoded texts one after the other, each with its padding, are all decoded; what else
// follows a padding ends the text. Other characters before it are passed over.
[[nodiscard]] std::string decode_base64(std::string_view text);

}  // namespace mail
