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

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// White space and characters that show nothing, at the beginning of `text`: bytes of the first, or
// 0.
std::size_t blank_length(std::string_view text) {
  if (is_blank(text[0])) return 1;
  if (static_cast<unsigned char>(text[0]) < 0xC2) return 0;
  // No-break space, zero-width spaces and joiners, byte order mark, ideographic space, combining
  // grapheme joiner: the padding that newsletters put after their preview text.
  constexpr std::string_view kInvisible[] = {
      "\xC2\xA0",     "\xE2\x80\x8B", "\xE2\x80\x8C", "\xE2\x80\x8D", "\xE2\x80\x8E",
      "\xE2\x80\x8F", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xEF\xBB\xBF", "\xE3\x80\x80",
      "\xCD\x8F",     "\xC2\xAD",     "\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x87"};
  for (const auto sequence : kInvisible) {
    if (text.substr(0, sequence.size()) == sequence) return sequence.size();
  }
  return 0;
}

// One line of at most kPreviewCharacters, white space folded.
class PreviewLine {
 public:
  [[nodiscard]] bool is_full() const { return room_ == 0; }

  void append(std::string_view line) {
    bool gap = !out_.empty();
    while (!line.empty() && room_ > 0) {
      if (const auto blank = blank_length(line)) {
        gap = !out_.empty();
        line.remove_prefix(blank);
        continue;
      }
      if (gap) {
        out_ += ' ';
        gap = false;
        if (--room_ == 0) break;
      }
      std::size_t length = 1;
      while (length < line.size() && is_continuation(line[length])) ++length;
      out_.append(line.substr(0, length));
      line.remove_prefix(length);
      --room_;
    }
  }

  [[nodiscard]] std::string take() {
    while (!out_.empty() && out_.back() == ' ') out_.pop_back();
    return std::move(out_);
  }

 private:
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
