#include <algorithm>

#include "mail/text.hpp"
#include "mail/text_lines.hpp"
#include "mail/text_marks.hpp"

namespace mail {
namespace {

constexpr std::size_t kPreviewCharacters = 256;
// What a preview looks at: many times what it shows, so that a long quotation at the top can be
// passed over.
constexpr std::size_t kPreviewInput = 16 << 10;

enum class Look {
  kShown,
  kBlank,
  kJoiner,  // shows nothing, and decides how the letters or emoji on both sides of it look
  kNothing,
};

// How the character looks that `text` begins with; with kBlank and kNothing newsletters pad what
// comes after their preview.
Look look_of(std::string_view text, std::size_t& length) {
  struct Unseen {
    std::string_view bytes;
    Look look;
  };
  constexpr Unseen kUnseen[] = {
      {"\xC2\xA0", Look::kBlank},  // no-break space
      {"\xC2\xAD", Look::kNothing},  // soft hyphen
      {"\xCD\x8F", Look::kNothing},  // combining grapheme joiner
      {"\xE2\x80\x82", Look::kBlank},  // en space
      {"\xE2\x80\x83", Look::kBlank},  // em space
      {"\xE2\x80\x87", Look::kBlank},  // figure space
      {"\xE2\x80\x8B", Look::kNothing},  // zero width space
      {"\xE2\x80\x8C", Look::kJoiner},  // zero width non-joiner
      {"\xE2\x80\x8D", Look::kJoiner},  // zero width joiner
      {"\xE2\x80\x8E", Look::kNothing},  // left-to-right mark
      {"\xE2\x80\x8F", Look::kNothing},  // right-to-left mark
      {"\xE2\x80\xA8", Look::kBlank},  // line separator
      {"\xE2\x80\xA9", Look::kBlank},  // paragraph separator
      {"\xE3\x80\x80", Look::kBlank},  // ideographic space
      {"\xEF\xBB\xBF", Look::kNothing},  // byte order mark
  };
  length = 1;
  if (is_blank(text[0])) return Look::kBlank;
  while (length < text.size() && is_continuation(text[length])) ++length;
  if (static_cast<unsigned char>(text[0]) < 0xC2) return Look::kShown;
  for (const auto& unseen : kUnseen) {
    if (text.substr(0, length) == unseen.bytes) return unseen.look;
  }
  return Look::kShown;
}

// One line of at most kPreviewCharacters, white space folded.
class PreviewLine {
 public:
  [[nodiscard]] bool is_full() const { return room_ == 0; }

  void append(std::string_view line) {
    bool gap = !out_.empty();
    std::string_view joiner;
    for (std::size_t length = 0; !line.empty() && room_ > 0; line.remove_prefix(length)) {
      const auto look = look_of(line, length);
      if (look == Look::kBlank) gap = !out_.empty();
      if (look == Look::kJoiner) joiner = line.substr(0, length);
      if (look != Look::kShown) continue;
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
