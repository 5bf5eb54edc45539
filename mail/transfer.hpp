// Decodes Content-Transfer-Encoding (RFC 2045 section 6).
#pragma once

#include <string>
#include <string_view>

namespace mail {

// `encoding` is in lower case; an unknown one leaves the bytes as they are.
[[nodiscard]] std::string decode_transfer(std::string_view body, std::string_view encoding);
// The number of decoded bytes, without keeping them.
[[nodiscard]] std::size_t decoded_size(std::string_view body, std::string_view encoding);
// Whether decoding gives the bytes as they are.
[[nodiscard]] bool is_identity(std::string_view encoding);

// Several encoded texts one after the other, each with its padding, are all decoded; what else
// follows a padding ends the text. Other characters before it are passed over.
[[nodiscard]] std::string decode_base64(std::string_view text);

}  // namespace mail
