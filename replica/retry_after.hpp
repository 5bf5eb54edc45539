// The field Retry-After (RFC 9110, 10.2.3).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace replica {

// Seconds, or a date ("Fri, 31 Dec 1999 23:59:59 GMT") seen from `now`: never negative. Nothing for what is neither.
[[nodiscard]] std::optional<std::chrono::seconds> parse_retry_after(
    std::string_view value, std::chrono::system_clock::time_point now);

}  // namespace replica
