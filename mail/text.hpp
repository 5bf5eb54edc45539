// Small operations on text that mail needs everywhere.
#pragma once

#include <string>
#include <string_view>

namespace mail {

// The bytes as UTF-8: each ill-formed sequence becomes U+FFFD, NUL becomes a space.
[[nodiscard]] std::string to_valid_utf8(std::string_view bytes);

// The character in UTF-8, which must be one (no surrogate, not beyond U+10FFFF).
void append_character(std::string& out, char32_t character);

// At most `max_characters` code points of `utf8`, cut between characters.
[[nodiscard]] std::string_view first_characters(std::string_view utf8, std::size_t max_characters);

// The beginning of a body as one line of at most 256 characters: white space folded, quoted lines ("> ") and the line
// that introduces them left out where other text is there.
[[nodiscard]] std::string preview_of(std::string_view text);

// Appends `text` so that HTML shows it as it is, between tags and in attributes.
void append_html_escaped(std::string& out, std::string_view text);

}  // namespace mail
