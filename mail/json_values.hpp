// Reads values of JSON documents as the types that are expected there. A value of another type counts as absent: the `read_…`
// functions leave `out` as it is then, but for lists, which become empty. All throw simdjson::simdjson_error for broken JSON.
//
// simdjson's On Demand parser is used to find the values only. They are taken from their raw tokens, since its own conversions
// refuse a whole document for a lone surrogate or 1e400.
#pragma once

#include <charconv>
#include <optional>
#include <simdjson.h>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "mail/documents.hpp"
#include "mail/json_text.hpp"

namespace mail {

using JsonValue = simdjson::ondemand::value;

// The value's text up to its end, or up to the bracket that opens it; not empty.
[[nodiscard]] std::string_view token(JsonValue& v);
[[nodiscard]] std::optional<std::string> string_in(JsonValue& v);
void read_string(JsonValue& v, std::string& out);
void read_bool(JsonValue& v, bool& out);
// RFC 3339.
void read_time(JsonValue& v, std::optional<DateTime>& out);
// A string, or an array of strings.
void read_strings(JsonValue& v, std::vector<std::string>& out);
// A set as JMAP writes it ({"inbox": true}), as cozy-emails does ({"<mailbox>": uid}), or as an
// array.
void read_set(JsonValue& v, std::vector<std::string>& out);

// A number, or one written as a string; fractions are cut off, what does not fit is absent.
template <typename Integer>
void read_integer(JsonValue& v, Integer& out) {
  auto raw = token(v);
  if (raw.size() > 2 && raw.front() == '"') raw = raw.substr(1, raw.size() - 2);
  const char* const end = raw.data() + raw.size();
  Integer integer{};
  if (const auto result = std::from_chars(raw.data(), end, integer);
      result.ec == std::errc{} && result.ptr == end) {
    out = integer;
    return;
  }
  constexpr double kExact = 9007199254740992.0;  // 2^53
  double real = 0;
  const auto result = std::from_chars(raw.data(), end, real);
  if (result.ec == std::errc{} && result.ptr == end && real > -kExact && real < kExact &&
      (real >= 0 || std::is_signed_v<Integer>)) {
    out = static_cast<Integer>(real);
  }
}

template <typename Visit>
void for_each_element(JsonValue& v, Visit visit) {
  if (token(v).front() != '[') return;
  for (JsonValue element : simdjson::ondemand::array(v.get_array())) visit(element);
}

// `visit` gets the member's name and value.
template <typename Visit>
void for_each_member(JsonValue& v, Visit visit) {
  if (token(v).front() != '{') return;
  for (simdjson::ondemand::field member : simdjson::ondemand::object(v.get_object())) {
    const char* const begin = member.key().raw();
    const char* end = begin;
    while (*end != '"') end += *end == '\\' ? 2 : 1;
    const std::string_view raw(begin, static_cast<std::size_t>(end - begin));
    if (raw.find('\\') == std::string_view::npos) {
      visit(raw, member.value());
    } else {
      visit(std::string_view(unescape_json(raw)), member.value());
    }
  }
}

}  // namespace mail
