#include "indexer/extraction/rtf.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "mail/charset.hpp"
#include "mail/text.hpp"

namespace indexer {
namespace {

constexpr std::size_t kMaxDepth = 10'000;
constexpr int kWindowsLatin = 1252;

// Groups whose words are not the document's.
constexpr std::string_view kSkipped[] = {
    "colortbl",  "datafield",    "datastore",         "filetbl", "generator", "info",
    "listtable", "latentstyles", "listoverridetable", "objdata", "pict",      "revtbl",
    "rsidtbl",   "stylesheet",   "themedata",         "xmlnstbl"};

struct Word {
  std::string_view name, text;
};
constexpr Word kTextWords[] = {{"bullet", "\u2022"},    {"cell", "\t"},
                               {"emdash", "\u2014"},    {"endash", "\u2013"},
                               {"ldblquote", "\u201C"}, {"line", "\n"},
                               {"lquote", "\u2018"},    {"page", "\n"},
                               {"par", "\n"},           {"rdblquote", "\u201D"},
                               {"row", "\n"},           {"rquote", "\u2019"},
                               {"sect", "\n"},          {"tab", "\t"}};

// \fcharset to code page, where it is not the document's.
std::optional<int> codepage_of_charset(int charset) {
  switch (charset) {
    case 128:
      return 932;
    case 129:
      return 949;
    case 134:
      return 936;
    case 136:
      return 950;
    case 161:
      return 1253;
    case 162:
      return 1254;
    case 177:
      return 1255;
    case 178:
      return 1256;
    case 186:
      return 1257;
    case 204:
      return 1251;
    case 222:
      return 874;
    case 238:
      return 1250;
    default:
      return std::nullopt;
  }
}

struct Group {
  bool is_skipped = false;
  bool is_fonts = false;
  int codepage = 0;  // 0: the document's
  int skip_after_unicode = 1;  // characters that stand for those who cannot read \u
};

class Reader {
 public:
  Reader(std::string_view rtf, TextOutput& out) : left_(rtf), out_(out) {}

  void run() {
    while (!left_.empty() && !out_.is_full()) {
      const char c = take();
      if (c == '{') {
        open_group();
      } else if (c == '}') {
        close_group();
      } else if (c == '\\') {
        control();
      } else if (c != '\r' && c != '\n') {
        byte(c);
      }
    }
    flush();
  }

 private:
  char take() {
    const char c = left_.front();
    left_.remove_prefix(1);
    return c;
  }

  void open_group() {
    flush();
    if (groups_.size() >= kMaxDepth) throw std::runtime_error("its groups nest too deeply");
    groups_.push_back(groups_.back());
    begins_group_ = true;
    to_skip_ = 0;
  }

  void close_group() {
    flush();
    if (groups_.size() > 1) groups_.pop_back();
    to_skip_ = 0;
  }

  void control() {
    if (left_.empty()) return;
    const char first = left_.front();
    if ((first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z')) return control_word();
    left_.remove_prefix(1);
    if (first == '\'') return hex_byte();
    if (first == '*') group().is_skipped = true;  // what it holds is for those who know it
    if (first == '~') text(" ");
    if (first == '_') text("-");
    if (first == '\r' || first == '\n') text("\n");
    if (first == '\\' || first == '{' || first == '}') byte(first);
  }

  void hex_byte() {
    unsigned value = 0;
    const auto digits = left_.substr(0, 2);
    if (std::from_chars(digits.data(), digits.data() + digits.size(), value, 16).ec != std::errc())
      return;
    left_.remove_prefix(digits.size());
    byte(static_cast<char>(value));
  }

  void control_word() {
    const auto end = std::find_if_not(left_.begin(), left_.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    });
    const auto name = left_.substr(0, static_cast<std::size_t>(end - left_.begin()));
    left_.remove_prefix(name.size());
    int value = 0;
    const auto number = std::from_chars(left_.data(), left_.data() + left_.size(), value);
    const bool has_value = number.ec == std::errc();
    if (has_value) left_.remove_prefix(static_cast<std::size_t>(number.ptr - left_.data()));
    if (!left_.empty() && left_.front() == ' ') left_.remove_prefix(1);
    word(name, has_value ? std::optional(value) : std::nullopt);
    begins_group_ = false;
  }

  void word(std::string_view name, std::optional<int> value) {
    if (begins_group_ &&
        std::find(std::begin(kSkipped), std::end(kSkipped), name) != std::end(kSkipped))
      group().is_skipped = true;
    if (name == "fonttbl") group().is_skipped = group().is_fonts = true;
    if (name == "fldinst") group().is_skipped = true;
    // Lists, footnotes and shapes hold text of the document behind their "\*".
    if (name == "shptxt" || name == "pntext") group().is_skipped = false;
    if (name == "bin" && value && *value > 0)
      left_.remove_prefix(std::min(left_.size(), static_cast<std::size_t>(*value)));
    if (name == "u" && value) return unicode(*value);
    if (name == "uc" && value) group().skip_after_unicode = std::clamp(*value, 0, 16);
    if (name == "ansicpg" && value) codepage_ = *value;
    if (name == "f" && value) font(*value);
    if (name == "fcharset" && value && group().is_fonts)
      fonts_[font_] = codepage_of_charset(*value);
    for (const auto& known : kTextWords) {
      if (known.name == name) return text(known.text);
    }
  }

  void font(int number) {
    flush();
    font_ = number;
    if (group().is_fonts) return;
    const auto known = fonts_.find(number);
    group().codepage = known != fonts_.end() ? known->second.value_or(0) : 0;
  }

  void unicode(int value) {
    const auto unit = static_cast<char32_t>(static_cast<std::uint16_t>(value));
    to_skip_ = group().skip_after_unicode;
    if (unit >= 0xD800 && unit < 0xDC00) {
      high_surrogate_ = unit;
      return;
    }
    char32_t character = unit;
    if (unit >= 0xDC00 && unit < 0xE000) {
      if (high_surrogate_ == 0) return;
      character = 0x10000 + ((high_surrogate_ - 0xD800) << 10U) + (unit - 0xDC00);
    }
    high_surrogate_ = 0;
    std::string utf8;
    mail::append_character(utf8, character);
    flush();
    if (!group().is_skipped) out_.add(utf8);
  }

  void text(std::string_view utf8) {
    flush();
    if (!group().is_skipped) out_.add(utf8);
  }

  // A byte of the group's code page.
  void byte(char c) {
    begins_group_ = false;
    if (to_skip_ > 0) {
      --to_skip_;
      return;
    }
    if (!group().is_skipped) bytes_ += c;
  }

  void flush() {
    if (bytes_.empty()) return;
    const int codepage = group().codepage != 0 ? group().codepage : codepage_;
    out_.add(mail::is_ascii(bytes_) ? bytes_
                                    : mail::to_utf8(bytes_, fmt::format("cp{}", codepage)));
    bytes_.clear();
  }

  Group& group() { return groups_.back(); }

  std::string_view left_;
  TextOutput& out_;
  std::vector<Group> groups_{1};
  std::map<int, std::optional<int>> fonts_;
  int font_ = 0;
  int codepage_ = kWindowsLatin;
  int to_skip_ = 0;
  char32_t high_surrogate_ = 0;
  bool begins_group_ = false;
  std::string bytes_;
};

}  // namespace

void read_rtf(std::string_view bytes, TextOutput& out) {
  if (!bytes.starts_with("{\\rtf")) throw std::runtime_error("it is no RTF");
  Reader(bytes, out).run();
}

}  // namespace indexer
