// simdjson as other people's JSON is read with it. The functions that take an od::value throw simdjson::simdjson_error. Only
// sources include it.
#pragma once

#include <charconv>
#include <cstdint>
#include <simdjson.h>
#include <string>
#include <string_view>
#include <system_error>

namespace replica {

namespace od = simdjson::ondemand;

// simdjson ends a raw value where the next token begins.
inline std::string_view trimmed(std::string_view raw) {
  while (!raw.empty() &&
         (raw.back() == ' ' || raw.back() == '\n' || raw.back() == '\r' || raw.back() == '\t')) {
    raw.remove_suffix(1);
  }
  return raw;
}

inline std::string text_of(od::value value) {
  return std::string(std::string_view(value.get_string()));
}

inline std::string raw_text(od::value value) {
  const od::json_type type = value.type();
  if (type == od::json_type::object) {
    od::object object = value.get_object();
    return std::string(trimmed(object.raw_json()));
  }
  if (type == od::json_type::array) {
    od::array array = value.get_array();
    return std::string(trimmed(array.raw_json()));
  }
  return std::string(trimmed(value.raw_json_token()));
}

// A string without its quotes, all else as it was sent.
inline std::string plain_text(od::value value) {
  const bool is_string = value.type() == od::json_type::string;
  return is_string ? text_of(value) : raw_text(value);
}

// A member of another type than expected counts as absent: empty, or 0.
inline std::string text_of(od::object& object, std::string_view key) {
  std::string_view text;
  return object.find_field_unordered(key).get_string().get(text) ? std::string()
                                                                 : std::string(text);
}

// A number, or a number in a string as cozy-stack writes a file's size.
inline std::uint64_t size_of(od::object& object, std::string_view key) {
  od::value value;
  std::uint64_t size = 0;
  if (object.find_field_unordered(key).get(value) || !value.get_uint64().get(size)) return size;
  std::string_view text;
  if (value.get_string().get(text)) return 0;
  std::uint64_t parsed = 0;
  const bool is_number =
      std::from_chars(text.data(), text.data() + text.size(), parsed).ec == std::errc();
  return is_number ? parsed : 0;
}

}  // namespace replica
