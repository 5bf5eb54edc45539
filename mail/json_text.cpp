#include "mail/json_text.hpp"

#include <charconv>
#include <optional>

#include "mail/text.hpp"

namespace mail {
namespace {

// Where the quotation mark is that ends the string whose text begins at `at`; the end of the text
// when there is none.
std::size_t string_end(std::string_view json, std::size_t at) {
  // Not find_first_of, which calls memchr for each byte.
  for (; at < json.size(); ++at) {
    if (json[at] == '"') return at;
    if (json[at] == '\\') ++at;
  }
  return json.size();
}

// The code unit written by four hexadecimal digits at `at`.
std::optional<unsigned> code_unit(std::string_view raw, std::size_t at) {
  if (at + 4 > raw.size()) return std::nullopt;
  unsigned unit = 0;
  const auto result = std::from_chars(raw.data() + at, raw.data() + at + 4, unit, 16);
  if (result.ptr != raw.data() + at + 4) return std::nullopt;
  return unit;
}

// Appends what the escape at `raw[at]` (a backslash) means; returns where the text goes on. A lone
// surrogate is U+FFFD, an escape that JSON does not know stands for itself.
std::size_t append_escape(std::string& out, std::string_view raw, std::size_t at) {
  constexpr std::string_view kLetters = "bfnrt", kMeanings = "\b\f\n\r\t";
  if (at + 1 >= raw.size()) return raw.size();
  const char letter = raw[at + 1];
  if (letter != 'u') {
    const auto known = kLetters.find(letter);
    out += known == std::string_view::npos ? letter : kMeanings[known];
    return at + 2;
  }
  auto code = code_unit(raw, at + 2);
  if (!code) {
    out += letter;
    return at + 2;
  }
  at += 6;
  if (*code >= 0xD800 && *code < 0xE000) {
    const auto low =
        *code < 0xDC00 && raw.substr(at, 2) == "\\u" ? code_unit(raw, at + 2) : std::nullopt;
    if (low && *low >= 0xDC00 && *low < 0xE000) {
      code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
      at += 6;
    } else {
      code = 0xFFFD;
    }
  }
  append_character(out, *code);
  return at;
}

}  // namespace

bool nests_deeper_than(int max_depth, std::string_view json) {
  int depth = 0;
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (c == '"') {
      at = string_end(json, at + 1);
    } else if (c == '{' || c == '[') {
      if (++depth > max_depth) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

std::string unescape_json(std::string_view raw) {
  auto backslash = raw.find('\\');
  if (backslash == std::string_view::npos) return std::string(raw);
  std::string out;
  out.reserve(raw.size());
  std::size_t at = 0;
  while (backslash != std::string_view::npos) {
    out.append(raw.substr(at, backslash - at));
    at = append_escape(out, raw, backslash);
    backslash = raw.find('\\', at);
  }
  out.append(raw.substr(std::min(at, raw.size())));
  return out;
}

}  // namespace mail
