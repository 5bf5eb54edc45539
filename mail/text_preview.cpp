
#include "mail/text.hpp"
#include "mail/text_lines.hpp"
#include "mail/text_marks.hpp"

namespace mail {
namespace {

constexpr std::size_t kPreviewCharacters = 256;
// What a preview looks at: many times what it shows, so that a long quotation at the top can be
// passed over.
constexpr std::size_t kPreviewInput = 16 << 10;

enum class Visibility {
  kVisible,
  kSpace,
  kJoiner,  // invisible, but it decides how the letters or emoji on both sides of it look
  kInvisible,
};

struct Character {
  Visibility visibility = Visibility::kVisible;
  std::size_t length = 1;  // bytes
};

// The character that `text` begins with. Newsletters pad what follows their preview with spaces and invisible characters.
Character first_character(std::string_view text) {
  struct Unseen {
    std::string_view bytes;
    Visibility visibility;
  };
  constexpr Unseen kUnseen[] = {
      {"\xC2\xA0", Visibility::kSpace},  // no-break space
      {"\xC2\xAD", Visibility::kInvisible},  // soft hyphen
      {"\xCD\x8F", Visibility::kInvisible},  // combining grapheme joiner
      {"\xE2\x80\x82", Visibility::kSpace},  // en space
      {"\xE2\x80\x83", Visibility::kSpace},  // em space
      {"\xE2\x80\x87", Visibility::kSpace},  // figure space
      {"\xE2\x80\x8B", Visibility::kInvisible},  // zero width space
      {"\xE2\x80\x8C", Visibility::kJoiner},  // zero width non-joiner
      {"\xE2\x80\x8D", Visibility::kJoiner},  // zero width joiner
      {"\xE2\x80\x8E", Visibility::kInvisible},  // left-to-right mark
      {"\xE2\x80\x8F", Visibility::kInvisible},  // right-to-left mark
      {"\xE2\x80\xA8", Visibility::kSpace},  // line separator
      {"\xE2\x80\xA9", Visibility::kSpace},  // paragraph separator
      {"\xE3\x80\x80", Visibility::kSpace},  // ideographic space
      {kByteOrderMark, Visibility::kInvisible},
  };
  if (is_blank(text[0])) return {Visibility::kSpace, 1};
  Character character;
  while (character.length < text.size() && is_continuation(text[character.length]))
    ++character.length;
  if (static_cast<unsigned char>(text[0]) < 0xC2) return character;
  for (const auto& unseen : kUnseen) {
    if (text.substr(0, character.length) == unseen.bytes) character.visibility = unseen.visibility;
  }
  return character;
}

// One line of at most kPreviewCharacters, white space folded.
class PreviewLine {
 public:
  [[nodiscard]] bool is_full() const { return room_ == 0; }

  void append(std::string_view line) {
    bool gap = !out_.empty();
    std::string_view joiner;
    for (std::size_t length = 0; !line.empty() && room_ > 0; line.remove_prefix(length)) {
      const auto character = first_character(line);
      length = character.length;
      if (character.visibility == Visibility::kSpace) gap = !out_.empty();
      if (character.visibility == Visibility::kJoiner) joiner = line.substr(0, length);
      if (character.visibility != Visibility::kVisible) continue;
      if (gap) {
        add(" ");
      } else if (!out_.empty()) {
        out_ += joiner;
      }
      add(line.substr(0, length));
      gap = false;
      joiner = {};
    }
  }

  [[nodiscard]] std::string take() {
    while (!out_.empty() && out_.back() == ' ') out_.pop_back();
    return std::move(out_);
  }

 private:
  void add(std::string_view character) {
    if (room_ == 0) return;
    out_ += character;
    --room_;
  }

  std::string out_;
  std::size_t room_ = kPreviewCharacters;
};

void append_words(PreviewLine& preview, std::string_view text) {
  while (!text.empty() && !preview.is_full()) {
    const auto line = take_line(text);
    if (!is_boilerplate(trimmed_line(line))) preview.append(line);
  }
}

std::string preview_of_new_text(std::string_view text) {
  PreviewLine preview;
  for (const auto& run : split_quoted(text)) {
    if (run.is_new) append_words(preview, run.text);
  }
  return preview.take();
}

}  // namespace

std::string preview_of(std::string_view text) {
  text = first_characters(text.substr(0, kPreviewInput * 4), kPreviewInput);
  std::string own = preview_of_new_text(text);
  if (!own.empty()) return own;
  PreviewLine preview;
  preview.append(text);
  return preview.take();
}

}  // namespace mail
