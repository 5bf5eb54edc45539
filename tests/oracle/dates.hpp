// Dates as the text language writes them, with a calendar counted by hand.
#pragma once

#include "tests/oracle/query.hpp"

namespace oracle {

struct Day {
  int year = 1970, month = 1, day = 1;
};
[[nodiscard]] Day day_of(std::int64_t seconds);  // UTC, since 1970
[[nodiscard]] std::int64_t seconds_of(const Day& day);  // its beginning

// "2001-05-14T16:39:00Z", and the same with an offset from UTC.
[[nodiscard]] std::string utc_date(std::int64_t seconds);
[[nodiscard]] std::int64_t seconds_of_time(const std::string& text);

// A condition on dates near `date`, or by days and ages from `now`.
[[nodiscard]] Dated random_date(std::int64_t date, std::int64_t now, Random& random);

}  // namespace oracle
