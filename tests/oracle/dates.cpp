#include "tests/oracle/dates.hpp"

#include <fmt/format.h>
#include <utility>

namespace oracle {
namespace {

constexpr std::int64_t kDay = 86'400;
// Between what the oracle takes for now and what the program does.
constexpr std::int64_t kSlack = 600;

bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }
int days_in(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kDays[month - 1];
}
Day next_month(Day day) {
  return day.month == 12 ? Day{day.year + 1, 1, 1} : Day{day.year, day.month + 1, 1};
}

struct Named {
  std::int64_t from = 0, to = 0;
  std::string name;
};

// The year, month or day that holds the moment.
Named calendar(std::int64_t seconds, std::size_t how) {
  const Day day = day_of(seconds);
  if (how == 0)
    return {seconds_of({day.year, 1, 1}), seconds_of({day.year + 1, 1, 1}),
            fmt::format("{:04}", day.year)};
  if (how == 1)
    return {seconds_of({day.year, day.month, 1}), seconds_of(next_month(day)),
            fmt::format("{:04}-{:02}", day.year, day.month)};
  return {seconds_of(day), seconds_of(day) + kDay,
          fmt::format("{:04}-{:02}-{:02}", day.year, day.month, day.day)};
}

Named relative(std::int64_t now, std::size_t which) {
  const Day day = day_of(now);
  const auto today = seconds_of(day);
  const Day month{day.year, day.month, 1}, year{day.year, 1, 1};
  const Day before = day.month == 1 ? Day{day.year - 1, 12, 1} : Day{day.year, day.month - 1, 1};
  // 1970-01-01 was a Thursday.
  const auto monday = today - (today / kDay + 3) % 7 * kDay;
  const Named all[] = {
      {today, today + kDay, "today"},
      {today - kDay, today, "yesterday"},
      {monday, monday + 7 * kDay, "this-week"},
      {monday - 7 * kDay, monday, "last-week"},
      {seconds_of(month), seconds_of(next_month(month)), "this-month"},
      {seconds_of(before), seconds_of(month), "last-month"},
      {seconds_of(year), seconds_of({day.year + 1, 1, 1}), "this-year"},
      {seconds_of({day.year - 1, 1, 1}), seconds_of(year), "last-year"},
  };
  return all[which % std::size(all)];
}

Dated aged(std::int64_t now, Random& random) {
  constexpr std::pair<char, std::int64_t> kUnits[] = {
      {'h', 3'600}, {'d', kDay}, {'w', 7 * kDay}, {'m', 30 * kDay}, {'y', 365 * kDay}};
  const auto& [letter, seconds] = kUnits[random() % std::size(kUnits)];
  const auto number = static_cast<std::int64_t>(1 + random() % 40);
  const auto then = now - number * seconds;
  if (random() % 2 == 0)
    return {then, std::nullopt, kSlack, fmt::format("newer_than:{}{}", number, letter)};
  return {std::nullopt, then, kSlack, fmt::format("older_than:{}{}", number, letter)};
}

}  // namespace

Day day_of(std::int64_t seconds) {
  std::int64_t days = seconds / kDay - (seconds % kDay < 0 ? 1 : 0);
  Day day;
  for (; days < 0; days += is_leap(day.year) ? 366 : 365) --day.year;
  for (; days >= (is_leap(day.year) ? 366 : 365); ++day.year) days -= is_leap(day.year) ? 366 : 365;
  for (; days >= days_in(day.year, day.month); ++day.month) days -= days_in(day.year, day.month);
  day.day += static_cast<int>(days);
  return day;
}

std::int64_t seconds_of(const Day& day) {
  std::int64_t days = day.day - 1;
  for (int month = 1; month < day.month; ++month) days += days_in(day.year, month);
  for (int year = 1970; year < day.year; ++year) days += is_leap(year) ? 366 : 365;
  for (int year = day.year; year < 1970; ++year) days -= is_leap(year) ? 366 : 365;
  return days * kDay;
}

std::string utc_date(std::int64_t seconds) {
  const Day day = day_of(seconds);
  const auto rest = seconds - seconds_of(day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", day.year, day.month, day.day,
                     rest / 3'600, rest / 60 % 60, rest % 60);
}

std::int64_t seconds_of_time(const std::string& text) {
  const auto number = [&](std::size_t at, std::size_t length) {
    return std::stoi(text.substr(at, length));
  };
  auto seconds = seconds_of({number(0, 4), number(5, 2), number(8, 2)}) + number(11, 2) * 3'600 +
                 number(14, 2) * 60 + number(17, 2);
  if (text.size() < 25) return seconds;
  const auto offset = number(20, 2) * 3'600 + number(23, 2) * 60;
  return text[19] == '-' ? seconds + offset : seconds - offset;
}

Dated random_date(std::int64_t date, std::int64_t now, Random& random) {
  const auto how = random() % 8;
  if (how == 0) return aged(now, random);
  const bool is_relative = how <= 3;
  const auto named = is_relative ? relative(now, random()) : calendar(date, random() % 3);
  // Near midnight the program may be in another day than the oracle.
  const bool turns = is_relative && now % kDay > kDay - kSlack;
  const std::int64_t slack = turns ? 366 * kDay : 0;
  switch (random() % 5) {
    case 0:
      return {std::nullopt, named.from, slack, "before:" + named.name};
    case 1:
      return {named.from, std::nullopt, slack, "after:" + named.name};
    case 2:
      return {named.from, named.to, slack, (random() % 2 == 0 ? "on:" : "date:") + named.name};
    case 3: {
      const auto later =
          calendar(named.from + static_cast<std::int64_t>(random() % 900) * kDay, random() % 3);
      if (later.to <= named.from) break;
      return {named.from, later.to, slack, fmt::format("date:{}..{}", named.name, later.name)};
    }
    default:
      break;
  }
  if (random() % 2 == 0)
    return {named.from, std::nullopt, slack, fmt::format("date:{}..", named.name)};
  return {std::nullopt, named.to, slack, fmt::format("date:..{}", named.name)};
}

}  // namespace oracle
