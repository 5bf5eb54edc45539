// The door to libxml2, of which only the table of named characters is used.
#include <libxml/HTMLparser.h>

#include <charconv>

#include "mail/html_tokenizer.hpp"

namespace mail {
namespace {

constexpr std::size_t kMaxEntityName = 10;  // "thetasym" is the longest of HTML 4

void append_code_point(std::string& out, unsigned code) {
  const auto byte = [&out](unsigned bits) { out += static_cast<char>(bits); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) return byte(0xC0 | code >> 6), byte(0x80 | (code & 0x3F));
  if (code < 0x10000) return byte(0xE0 | code >> 12), byte(0x80 | (code >> 6 & 0x3F)), byte(0x80 | (code & 0x3F));
  byte(0xF0 | code >> 18), byte(0x80 | (code >> 12 & 0x3F)), byte(0x80 | (code >> 6 & 0x3F)), byte(0x80 | (code & 0x3F));
}

// What browsers make of a number: 128 to 159 are windows-1252, what is no character is U+FFFD.
unsigned character_of(unsigned code) {
  constexpr unsigned kWindows1252[] = {0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021, 0x2C6,  0x2030, 0x160,
                                       0x2039, 0x152,  0x8D,   0x17D,  0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
                                       0x2013, 0x2014, 0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};
  if (code >= 0x80 && code < 0xA0) return kWindows1252[code - 0x80];
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return 0xFFFD;
  return code;
}

std::size_t append_numeric(std::string& out, std::string_view raw, std::size_t at) {
  const bool hexadecimal = raw.substr(at + 2, 1) == "x" || raw.substr(at + 2, 1) == "X";
  const auto digits = raw.substr(std::min(at + (hexadecimal ? 3 : 2), raw.size()));
  unsigned code = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), code, hexadecimal ? 16 : 10);
  if (result.ec == std::errc::invalid_argument) {
    out += '&';
    return at + 1;
  }
  append_code_point(out, result.ec == std::errc{} ? character_of(code) : 0xFFFD);
  const auto end = static_cast<std::size_t>(result.ptr - raw.data());
  return raw.substr(end, 1) == ";" ? end + 1 : end;
}

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

}  // namespace

std::size_t append_character_reference(std::string& out, std::string_view raw, std::size_t at) {
  if (raw.substr(at + 1, 1) == "#") return append_numeric(out, raw, at);
  auto end = at + 1;
  while (end < raw.size() && end - at <= kMaxEntityName && is_alphanumeric(raw[end])) ++end;
  const std::string name(raw.substr(at + 1, end - at - 1));
  const bool finished = end < raw.size() && raw[end] == ';';
  unsigned code = 0;
  // These are read without their semicolon too; more would spoil the queries of unescaped links.
  if (name == "nbsp") code = 0xA0;
  if (name == "amp") code = '&';
  if (name == "lt") code = '<';
  if (name == "gt") code = '>';
  if (name == "quot") code = '"';
  if (code != 0 && !finished && end < raw.size() && (raw[end] == '=' || is_alphanumeric(raw[end]))) code = 0;
  if (code == 0 && finished) {
    if (name == "apos") code = '\'';
    const auto* entity = htmlEntityLookup(reinterpret_cast<const xmlChar*>(name.c_str()));
    if (entity != nullptr) code = entity->value;
  }
  if (code == 0) {
    out += '&';
    return at + 1;
  }
  append_code_point(out, code);
  return finished ? end + 1 : end;
}

std::string decode_character_references(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  std::size_t at = 0;
  for (auto ampersand = raw.find('&'); ampersand != std::string_view::npos; ampersand = raw.find('&', at)) {
    out.append(raw.substr(at, ampersand - at));
    at = append_character_reference(out, raw, ampersand);
  }
  out.append(raw.substr(at));
  return out;
}

}  // namespace mail
