#include "mail/json_writer.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <simdjson.h>

#include "mail/text.hpp"

namespace mail {
namespace {

constexpr auto kNeedsEscape = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = true;
  table['"'] = table['\\'] = true;
  return table;
}();

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  constexpr char kHex[] = "0123456789abcdef";
  out += "\\u00";
  out += kHex[static_cast<unsigned char>(c) >> 4];
  out += kHex[static_cast<unsigned char>(c) & 15];
}

void append_quoted(std::string& out, std::string_view utf8) {
  out += '"';
  std::size_t copied = 0;
  for (std::size_t at = 0; at < utf8.size(); ++at) {
    if (!kNeedsEscape[static_cast<unsigned char>(utf8[at])]) continue;
    out.append(utf8.data() + copied, at - copied);
    append_escaped(out, utf8[at]);
    copied = at + 1;
  }
  out.append(utf8.data() + copied, utf8.size() - copied);
  out += '"';
}

}  // namespace

void JsonWriter::separate() {
  if (!first_) out_ += ',';
  first_ = false;
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  out_ += bracket;
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  out_ += bracket;
  first_ = false;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  string(name);
  out_ += ':';
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view utf8) {
  separate();
  if (simdjson::validate_utf8(utf8.data(), utf8.size())) {
    append_quoted(out_, utf8);
  } else {
    append_quoted(out_, to_valid_utf8(utf8));
  }
  return *this;
}

JsonWriter& JsonWriter::number(double value) {
  if (!std::isfinite(value)) return null();  // JSON has no word for it
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return raw({text, static_cast<std::size_t>(end - text)});
}

JsonWriter& JsonWriter::members(std::string_view object) {
  return object == "{}" ? *this : raw(object.substr(1, object.size() - 2));
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

}  // namespace mail
