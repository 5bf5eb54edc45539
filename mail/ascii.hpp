// Octets that are ASCII: blanks and case, of header fields, names of charsets, extensions and the
// like.
#pragma once

#include <string>
#include <string_view>

namespace mail {

// WSP of RFC 5322.
[[nodiscard]] constexpr bool is_wsp(char c) { return c == ' ' || c == '\t'; }

[[nodiscard]] inline std::string_view without_outer_wsp(std::string_view text) {
  while (!text.empty() && is_wsp(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_wsp(text.back())) text.remove_suffix(1);
  return text;
}

// Letters beyond ASCII stay as they are.
[[nodiscard]] constexpr char lower_ascii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] inline std::string lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower_ascii(c);
  return out;
}

}  // namespace mail
