// UTF-8, and the text of bodies: what in it is quoted, its preview, its escaping for HTML.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mail {

inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // U+FEFF in UTF-8
inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";  // U+FFFD in UTF-8

// Whether an octet of UTF-8 continues a character that began before it.
[[nodiscard]] constexpr bool is_continuation(char octet) {
  return (static_cast<unsigned char>(octet) & 0xC0) == 0x80;
}

// The bytes as UTF-8: each ill-formed sequence becomes U+FFFD, NUL becomes a space.
[[nodiscard]] std::string to_valid_utf8(std::string_view bytes);

// The code point in UTF-8. It must be valid: no surrogate, not beyond U+10FFFF.
void append_character(std::string& out, char32_t character);

// At most `max_characters` code points of `utf8`, cut between characters.
[[nodiscard]] std::string_view first_characters(std::string_view utf8, std::size_t max_characters);

// Whether there is something to read: more than blanks, invisible characters and the places of images
// ("[cid:…]") that programs leave in the plain text beside an HTML body.
[[nodiscard]] bool has_content(std::string_view utf8);

// A run of lines of a body that are all new, or all quoted. As quoted count also the line that
// introduces a quotation, the whole message that some programs put below an answer, signatures, and
// the footers of mailing lists.
struct TextRun {
  std::string_view text;
  bool is_new = true;
};
// Splits `text` into such runs. Blank lines belong to the run before them. Quotations of HTML are
// recognised by the marks that html_to_text() gives them.
[[nodiscard]] std::vector<TextRun> split_quoted(std::string_view text);

// The beginning of the new text of a body as one line of at most 256 characters, white space
// folded, without phrases of newsletters such as "View in browser". If nothing is new, the
// beginning of the whole body.
[[nodiscard]] std::string preview_of(std::string_view text);

// Appends `text` escaped for HTML, for use between tags and in attributes.
void append_html_escaped(std::string& out, std::string_view text);

}  // namespace mail
