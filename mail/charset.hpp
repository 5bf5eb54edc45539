// Text in the charsets that mail names, and misnames.
#pragma once

#include <string>
#include <string_view>

namespace mail {

// `bytes` as UTF-8. Text that is valid UTF-8 is taken for it where the label says nothing, ASCII or
// a charset of single bytes; a label that is unknown means windows-1252. What cannot be converted
// is U+FFFD; NUL becomes a space.
[[nodiscard]] std::string to_utf8(std::string_view bytes, std::string_view charset);

// U+FFFD for the five bytes that mean nothing.
[[nodiscard]] char32_t windows1252_character(unsigned char byte);

[[nodiscard]] bool is_ascii(std::string_view bytes);

}  // namespace mail
