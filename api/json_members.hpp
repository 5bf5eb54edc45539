// Writes members of JSON objects that may be null.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/clock.hpp"
#include "mail/json_writer.hpp"

namespace api {

inline void write_optional(mail::JsonWriter& json, std::string_view name,
                           const std::optional<std::string>& text) {
  json.key(name);
  text ? json.string(*text) : json.null();
}

inline void write_optional(mail::JsonWriter& json, std::string_view name,
                           std::optional<std::int64_t> number) {
  json.key(name);
  number ? json.number(*number) : json.null();
}

inline void write_optional(mail::JsonWriter& json, std::string_view name,
                           std::optional<std::chrono::sys_seconds> time) {
  json.key(name);
  time ? json.string(to_rfc3339(*time)) : json.null();
}

// Null for an empty text.
inline void write_text_or_null(mail::JsonWriter& json, std::string_view name,
                               std::string_view text) {
  json.key(name);
  text.empty() ? json.null() : json.string(text);
}

// Null for the time 0, which stands for none.
inline void write_time(mail::JsonWriter& json, std::string_view name,
                       std::chrono::sys_seconds time) {
  json.key(name);
  time == std::chrono::sys_seconds{} ? json.null() : json.string(to_rfc3339(time));
}

}  // namespace api
