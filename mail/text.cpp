#include "mail/text.hpp"

#include <simdjson.h>
#include <utf8proc.h>

namespace mail {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::size_t kPreviewCharacters = 256;
// What a preview looks at: many times what it shows, so that a long quotation at the top can be
// passed over.
constexpr std::size_t kPreviewInput = 16 << 10;

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

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

std::string_view trimmed(std::string_view line) {
  while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
  while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
  return line;
}

std::string_view take_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

// Appends `line` with its white space folded, until `out` has `room` characters left.
void append_folded(std::string& out, std::string_view line, std::size_t& room) {
  bool gap = !out.empty();
  while (!line.empty() && room > 0) {
    if (const auto blank = blank_length(line)) {
      gap = gap || !out.empty();
      line.remove_prefix(blank);
      continue;
    }
    if (gap) {
      out += ' ';
      gap = false;
      if (--room == 0) break;
    }
    std::size_t length = 1;
    while (length < line.size() && is_continuation(line[length])) ++length;
    out.append(line.substr(0, length));
    line.remove_prefix(length);
    --room;
  }
}

// "On Monday Ada wrote:", in any language: a line that ends in a colon right before a quotation.
bool introduces_quotation(std::string_view line, std::string_view rest) {
  const auto text = trimmed(line);
  if (text.empty() || text.back() != ':') return false;
  while (!rest.empty()) {
    const auto next = trimmed(take_line(rest));
    if (!next.empty()) return next.front() == '>';
  }
  return false;
}

std::string preview_lines(std::string_view text, bool skip_quotations) {
  std::string out;
  std::size_t room = kPreviewCharacters;
  while (!text.empty() && room > 0) {
    const auto line = take_line(text);
    if (skip_quotations) {
      const auto content = trimmed(line);
      if (content.empty() || content.front() == '>' || introduces_quotation(line, text)) continue;
      if (line.substr(0, 2) == "--" && trimmed(line.substr(2)).empty() && !out.empty())
        break;  // signature
    }
    append_folded(out, line, room);
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

}  // namespace

std::string to_valid_utf8(std::string_view bytes) {
  const bool valid = simdjson::validate_utf8(bytes.data(), bytes.size());
  std::string out;
  if (valid) {
    out.assign(bytes);
  } else {
    out.reserve(bytes.size() + 16);
    const auto* data = reinterpret_cast<const utf8proc_uint8_t*>(bytes.data());
    std::size_t at = 0, copied = 0;
    while (at < bytes.size()) {
      if (data[at] < 0x80) {
        ++at;
        continue;
      }
      utf8proc_int32_t code = -1;
      const auto length = utf8proc_iterate(
          data + at, static_cast<utf8proc_ssize_t>(std::min<std::size_t>(4, bytes.size() - at)),
          &code);
      if (length > 0) {
        at += static_cast<std::size_t>(length);
        continue;
      }
      out.append(bytes.substr(copied, at - copied)).append(kReplacement);
      // A sequence that breaks off is one ill-formed sequence: its continuation bytes go with it.
      const auto lead = data[at++];
      const int expected = lead >= 0xF0 && lead < 0xF5 ? 3
                           : lead >= 0xE0              ? 2
                           : lead >= 0xC2              ? 1
                                                       : 0;
      for (int i = 0;
           i < expected && lead < 0xF5 && at < bytes.size() && is_continuation(bytes[at]); ++i)
        ++at;
      copied = at;
    }
    out.append(bytes.substr(copied));
  }
  for (auto nul = out.find('\0'); nul != std::string::npos; nul = out.find('\0', nul))
    out[nul] = ' ';
  return out;
}

void append_character(std::string& out, char32_t character) {
  const auto byte = [&out](char32_t bits) { out += static_cast<char>(bits); };
  if (character < 0x80) {
    byte(character);
    return;
  }
  if (character < 0x800) {
    byte(0xC0 | character >> 6);
  } else {
    if (character < 0x10000) {
      byte(0xE0 | character >> 12);
    } else {
      byte(0xF0 | character >> 18);
      byte(0x80 | (character >> 12 & 0x3F));
    }
    byte(0x80 | (character >> 6 & 0x3F));
  }
  byte(0x80 | (character & 0x3F));
}

std::string_view first_characters(std::string_view utf8, std::size_t max_characters) {
  if (utf8.size() <= max_characters) return utf8;
  std::size_t at = 0;
  for (; at < utf8.size(); ++at) {
    if (!is_continuation(utf8[at]) && max_characters-- == 0) break;
  }
  return utf8.substr(0, at);
}

std::string preview_of(std::string_view text) {
  text = first_characters(text.substr(0, kPreviewInput * 4), kPreviewInput);
  std::string own = preview_lines(text, true);
  return own.empty() ? preview_lines(text, false) : own;
}

void append_html_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\t' && c != '\r' ? ' ' : c;
    }
  }
}

}  // namespace mail
