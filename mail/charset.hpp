// Text in the charsets that mail names, and misnames.
#pragma once

#include <string>
#include <string_view>

namespace mail {

// `bytes` as UTF-8. The label is believed where it can be true: text that is valid UTF-8 is that where
// the label says nothing, ASCII or a charset of single bytes; text that says ASCII, nothing, something
// unknown, or UTF-8 or Latin 1 which it cannot be, is in the charset that it seems to be in, else in
// windows-1252. What cannot be converted is U+FFFD; NUL becomes a space.
[[nodiscard]] std::string to_utf8(std::string_view bytes, std::string_view charset);

// U+FFFD for the five bytes that mean nothing.
[[nodiscard]] char32_t windows1252_character(unsigned char byte);

[[nodiscard]] bool is_ascii(std::string_view bytes);

}  // namespace mail
