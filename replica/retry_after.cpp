#include "replica/retry_after.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <string>

namespace replica {

std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view value) {
  std::tm date{};
  const std::string text(value);
  const char* const parsed = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
  if (parsed == nullptr || *parsed != '\0') return std::nullopt;
  return std::chrono::system_clock::from_time_t(timegm(&date));
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value,
                                                      std::chrono::system_clock::time_point now) {
  constexpr std::chrono::seconds kNever = std::chrono::hours(24 * 365);  // as good as for ever
  while (value.starts_with(' ')) value.remove_prefix(1);
  while (value.ends_with(' ')) value.remove_suffix(1);
  std::int64_t count = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, count);
  if (stop == end && !value.empty() && value.front() != '-') {
    if (error != std::errc{}) return kNever;
    return std::min(std::chrono::seconds(count), kNever);
  }

  const auto then = parse_http_date(value);
  if (!then) return std::nullopt;
  const auto wait = std::chrono::ceil<std::chrono::seconds>(*then - now);
  return std::clamp(wait, std::chrono::seconds(0), kNever);
}

}  // namespace replica
