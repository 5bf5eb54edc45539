// Text in the charsets that mail names, and misnames.
#pragma once

#include <string>
#include <string_view>

namespace mail {

// `bytes` as UTF-8. The label is believed if it can be true. Valid UTF-8 is taken as UTF-8 when the
// label is missing, ASCII or a single-byte charset. Other text is read in the charset that is
// detected, else as windows-1252, when the label is missing, unknown or ASCII, or is UTF-8 or Latin
// 1 and cannot be right. Bytes that cannot be converted become U+FFFD; NUL becomes a space.
[[nodiscard]] std::string to_utf8(std::string_view bytes, std::string_view charset);

// U+FFFD for the five bytes that have no meaning.
[[nodiscard]] char32_t windows1252_character(unsigned char byte);

[[nodiscard]] bool is_ascii(std::string_view bytes);

}  // namespace mail
