// HTML as a run of tags and texts, read the way browsers do it (HTML 5.2, section 8.2.4), without
// building a tree.
//
// libxml2's parser is not used: its time grows with the square of the input for one tag with many
// attributes and for end tags that nothing opened (100,000 of either: 11 and 20 s).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mail {

// Views into the input.
struct HtmlAttribute {
  std::string_view name;  // in the case it was written in
  std::string_view value;  // character references as they were written
};

class HtmlTokenizer {
 public:
  enum class Kind { kText, kOpen, kClose, kEnd };

  explicit HtmlTokenizer(std::string_view html) : html_(html) {}

  // Skips comments, declarations and processing instructions. Drops a tag that is cut off at the
  // end of input.
  Kind next();
  // Of kText, character references as they were written.
  [[nodiscard]] std::string_view text() const { return text_; }
  // Of kOpen and kClose, in lower case; only its beginning where it is longer than any name that
  // has a meaning.
  [[nodiscard]] std::string_view name() const { return name_; }
  // Of kOpen. The first of a name counts; at most 64 are kept.
  [[nodiscard]] std::optional<std::string_view> attribute(std::string_view lower_case_name) const;
  [[nodiscard]] const std::vector<HtmlAttribute>& attributes() const { return attributes_; }
  // Passes over the content of a raw text element (script, style, …) that was just opened, up to
  // its end tag.
  void skip_raw_text(std::string_view element);

 private:
  [[nodiscard]] std::size_t next_markup() const;
  bool skip_markup_declaration();
  bool read_tag();
  void read_attributes();
  [[nodiscard]] std::optional<std::string_view> read_attribute_value();

  std::string_view html_;
  std::size_t at_ = 0;
  std::string_view text_;
  std::string name_;
  std::vector<HtmlAttribute> attributes_;
};

// Appends the character that the reference at `raw[at]` (an ampersand) means, or the ampersand
// itself; returns where the text goes on.
std::size_t append_character_reference(std::string& out, std::string_view raw, std::size_t at);
// All references replaced.
[[nodiscard]] std::string decode_character_references(std::string_view raw);

}  // namespace mail
