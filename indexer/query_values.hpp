// Dates, ages, sizes and languages as they are written in queries and in the configuration.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace indexer {

struct Period {  // from <= date < to, seconds since 1970
  std::int64_t from = 0, to = 0;
};
// "2019", "2019-05", "2019-05-31", "today", "last-week" and the like, in UTC; nothing for other
// text.
[[nodiscard]] std::optional<Period> parse_period(std::string_view text,
                                                 std::chrono::sys_seconds now);
// "7d", "3w", "12h", the letter in either case; a month has 30 days, a year 365.
[[nodiscard]] std::optional<std::chrono::seconds> parse_age(std::string_view text);
// "4096", "20K", "5M", "1G": octets, at most 2^53, which a value slot holds exactly.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

// Whether the language can be detected in texts, or has stems: "fr", or with a script "zh-hant", in
// either case.
[[nodiscard]] bool is_known_language(std::string_view code);

}  // namespace indexer
