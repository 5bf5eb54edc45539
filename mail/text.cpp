#include "mail/text.hpp"

#include <simdjson.h>
#include <utf8proc.h>

namespace mail {
namespace {

// A space, a control or format character, or one that only joins others.
bool is_blank(utf8proc_int32_t character) {
  constexpr utf8proc_int32_t kGraphemeJoiner = 0x034F;
  switch (utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
      return true;
    default:
      return character == kGraphemeJoiner;
  }
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
      out.append(bytes.substr(copied, at - copied)).append(kReplacementCharacter);
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

bool has_content(std::string_view utf8) {
  constexpr std::string_view kImage = "[cid:";
  while (!utf8.empty()) {
    if (utf8.starts_with(kImage)) {
      utf8.remove_prefix(std::min(utf8.find(']'), utf8.size() - 1) + 1);
      continue;
    }
    utf8proc_int32_t code = -1;
    const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(utf8.data()),
                                         static_cast<utf8proc_ssize_t>(utf8.size()), &code);
    if (length <= 0 || !is_blank(code)) return true;
    utf8.remove_prefix(static_cast<std::size_t>(length));
  }
  return false;
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
      case '`':  // once a quote to Internet Explorer
        out += "&#96;";
        break;
      default:
        out += static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\t' && c != '\r' ? ' ' : c;
    }
  }
}

}  // namespace mail
