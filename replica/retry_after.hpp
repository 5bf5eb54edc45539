// The field Retry-After (RFC 9110, 10.2.3).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace replica {

// A date as HTTP writes it ("Fri, 31 Dec 1999 23:59:59 GMT"). Nothing for what is none.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> parse_http_date(
    std::string_view value);

// Seconds, or a date seen from `now`, as the server's clock has it: never negative. Nothing for what is neither.
[[nodiscard]] std::optional<std::chrono::seconds> parse_retry_after(
    std::string_view value, std::chrono::system_clock::time_point now);

}  // namespace replica
