#include "mail/json_values.hpp"

namespace mail {

std::string_view token(JsonValue& v) {
  std::string_view raw = v.raw_json_token();
  while (!raw.empty() && static_cast<unsigned char>(raw.back()) <= ' ') raw.remove_suffix(1);
  return raw;
}

std::optional<std::string> string_in(JsonValue& v) {
  const auto raw = token(v);
  if (raw.size() < 2 || raw.front() != '"' || raw.back() != '"') return std::nullopt;
  return unescape_json(raw.substr(1, raw.size() - 2));
}

void read_string(JsonValue& v, std::string& out) {
  if (auto text = string_in(v)) out = *std::move(text);
}

void read_bool(JsonValue& v, bool& out) {
  const auto raw = token(v);
  if (raw == "true") out = true;
  if (raw == "false") out = false;
}

void read_time(JsonValue& v, std::optional<DateTime>& out) {
  if (const auto text = string_in(v)) {
    if (const auto time = parse_rfc3339(*text)) out = time;
  }
}

void read_strings(JsonValue& v, std::vector<std::string>& out) {
  out.clear();
  if (auto one = string_in(v)) {
    out.push_back(*std::move(one));
    return;
  }
  for_each_element(v, [&out](JsonValue& element) {
    if (auto text = string_in(element)) out.push_back(*std::move(text));
  });
}

void read_set(JsonValue& v, std::vector<std::string>& out) {
  read_strings(v, out);
  for_each_member(v, [&out](std::string_view name, JsonValue& member) {
    const auto raw = token(member);
    if (raw != "false" && raw != "null") out.emplace_back(name);
  });
}

}  // namespace mail
