// Small operations on text that mail needs everywhere.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mail {

// The bytes as UTF-8: each ill-formed sequence becomes U+FFFD, NUL becomes a space.
[[nodiscard]] std::string to_valid_utf8(std::string_view bytes);

// The character in UTF-8, which must be one (no surrogate, not beyond U+10FFFF).
void append_character(std::string& out, char32_t character);

// At most `max_characters` code points of `utf8`, cut between characters.
[[nodiscard]] std::string_view first_characters(std::string_view utf8, std::size_t max_characters);

// Lines of a body that are alike: new, or quoted from another message. Of the latter are also the lines that introduce a
// quotation, the whole message that some programs put below an answer, signatures and the footers of lists.
struct TextRun {
  std::string_view text;
  bool is_new = true;
};
// The runs one after the other are `text`; blank lines go with what is before them. Quotations of HTML are known by the marks
// that html_to_text() gives them.
[[nodiscard]] std::vector<TextRun> split_quoted(std::string_view text);

// The beginning of the new text of a body as one line of at most 256 characters, white space folded, without what newsletters
// put around theirs ("View in browser"). Where nothing is new, the beginning of all of it.
[[nodiscard]] std::string preview_of(std::string_view text);

// Appends `text` so that HTML shows it as it is, between tags and in attributes.
void append_html_escaped(std::string& out, std::string_view text);

}  // namespace mail
