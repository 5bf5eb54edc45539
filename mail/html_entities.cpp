// The door to libxml2, of which only the table of named characters is used.
#include <charconv>
#include <libxml/HTMLparser.h>

#include "mail/ascii.hpp"
#include "mail/charset.hpp"
#include "mail/html_tokenizer.hpp"
#include "mail/text.hpp"

namespace mail {
namespace {

constexpr std::size_t kMaxEntityName = 10;  // "thetasym" is the longest of HTML 4

// What browsers make of a number: 128 to 159 are windows-1252, what is no character is U+FFFD.
char32_t character_of(unsigned code) {
  if (code >= 0x80 && code < 0xA0) return windows1252_character(static_cast<unsigned char>(code));
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return 0xFFFD;
  return code;
}

std::size_t append_numeric(std::string& out, std::string_view raw, std::size_t at) {
  const bool hexadecimal = raw.substr(at + 2, 1) == "x" || raw.substr(at + 2, 1) == "X";
  const auto digits = raw.substr(std::min(at + (hexadecimal ? 3 : 2), raw.size()));
  unsigned code = 0;
  const auto result =
      std::from_chars(digits.data(), digits.data() + digits.size(), code, hexadecimal ? 16 : 10);
  if (result.ec == std::errc::invalid_argument) {
    out += '&';
    return at + 1;
  }
  append_character(out, result.ec == std::errc{} ? character_of(code) : 0xFFFD);
  const auto end = static_cast<std::size_t>(result.ptr - raw.data());
  return raw.substr(end, 1) == ";" ? end + 1 : end;
}

bool is_alphanumeric(char c) { return is_letter(c) || is_digit(c); }

}  // namespace

std::size_t append_character_reference(std::string& out, std::string_view raw, std::size_t at) {
  if (raw.substr(at + 1, 1) == "#") return append_numeric(out, raw, at);
  auto end = at + 1;
  while (end < raw.size() && end - at <= kMaxEntityName && is_alphanumeric(raw[end])) ++end;
  const std::string name(raw.substr(at + 1, end - at - 1));
  const bool finished = end < raw.size() && raw[end] == ';';
  const auto* entity = htmlEntityLookup(reinterpret_cast<const xmlChar*>(name.c_str()));
  unsigned code = entity != nullptr ? entity->value : name == "apos" ? '\'' : 0;
  // Those of Latin-1 are read without their semicolon too, but in the queries of links.
  const bool is_latin1 = code <= 0xFF && name != "apos";
  const bool is_query = end < raw.size() && (raw[end] == '=' || is_alphanumeric(raw[end]));
  if (!finished && (!is_latin1 || is_query)) code = 0;
  if (code == 0) {
    out += '&';
    return at + 1;
  }
  append_character(out, code);
  return finished ? end + 1 : end;
}

std::string decode_character_references(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  std::size_t at = 0;
  for (auto ampersand = raw.find('&'); ampersand != std::string_view::npos;
       ampersand = raw.find('&', at)) {
    out.append(raw.substr(at, ampersand - at));
    at = append_character_reference(out, raw, ampersand);
  }
  out.append(raw.substr(at));
  return out;
}

}  // namespace mail
