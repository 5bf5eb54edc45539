#include "indexer/query_values.hpp"

#include <algorithm>
#include <charconv>

#include "indexer/language.hpp"
#include "indexer/stems.hpp"
#include "mail/ascii.hpp"

namespace indexer {
namespace {

using std::chrono::days;
using std::chrono::months;
using std::chrono::sys_days;
using std::chrono::year_month_day;
using std::chrono::years;

std::optional<std::uint64_t> parse_number(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size())
    return std::nullopt;
  return value;
}

Period period(sys_days first, sys_days end) {
  const auto seconds = [](sys_days day) {
    return std::chrono::sys_seconds(day).time_since_epoch().count();
  };
  return {seconds(first), seconds(end)};
}

sys_days first_of_month(const year_month_day& date) {
  return sys_days(date.year() / date.month() / 1);
}
sys_days first_of_year(const year_month_day& date) {
  return sys_days(date.year() / std::chrono::January / 1);
}

// A day, month or year as ISO 8601 writes it.
std::optional<Period> parse_calendar(std::string_view text) {
  const bool shaped = (text.size() == 4 || text.size() == 7 || text.size() == 10) &&
                      (text.size() < 7 || text[4] == '-') && (text.size() < 10 || text[7] == '-');
  if (!shaped) return std::nullopt;
  const auto year = parse_number(text.substr(0, 4));
  const auto month = text.size() < 7 ? 1 : parse_number(text.substr(5, 2));
  const auto day = text.size() < 10 ? 1 : parse_number(text.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const year_month_day date{std::chrono::year(static_cast<int>(*year)),
                            std::chrono::month(static_cast<unsigned>(*month)),
                            std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  if (text.size() == 4) return period(sys_days(date), sys_days(date + years(1)));
  if (text.size() == 7) return period(sys_days(date), sys_days(date + months(1)));
  return period(sys_days(date), sys_days(date) + days(1));
}

// A day, week, month or year by its distance from today.
std::optional<Period> parse_relative(std::string_view text, sys_days today) {
  const year_month_day date(today);
  const auto monday = today - (std::chrono::weekday(today) - std::chrono::Monday);
  const auto month = first_of_month(date), year = first_of_year(date);
  if (text == "today") return period(today, today + days(1));
  if (text == "yesterday") return period(today - days(1), today);
  if (text == "this-week") return period(monday, monday + days(7));
  if (text == "last-week") return period(monday - days(7), monday);
  if (text == "this-month") return period(month, sys_days(year_month_day(month) + months(1)));
  if (text == "last-month") return period(sys_days(year_month_day(month) - months(1)), month);
  if (text == "this-year") return period(year, sys_days(year_month_day(year) + years(1)));
  if (text == "last-year") return period(sys_days(year_month_day(year) - years(1)), year);
  return std::nullopt;
}

bool is_language_code(std::string_view text) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto letters = text.substr(0, text.find('-'));
  return (letters.size() == 2 || letters.size() == 3) && text.size() <= 8 &&
         std::all_of(text.begin(), text.end(), [&](char c) { return is_letter(c) || c == '-'; });
}

}  // namespace

std::optional<Period> parse_period(std::string_view text, std::chrono::sys_seconds now) {
  if (auto calendar = parse_calendar(text)) return calendar;
  return parse_relative(mail::lower_ascii(text), std::chrono::floor<days>(now));
}

std::optional<std::chrono::seconds> parse_age(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto hours = [&]() -> int {
    switch (mail::lower_ascii(text.back())) {
      case 'h':
        return 1;
      case 'd':
        return 24;
      case 'w':
        return 7 * 24;
      case 'm':
        return 30 * 24;
      case 'y':
        return 365 * 24;
      default:
        return 0;
    }
  }();
  const auto number = parse_number(text.substr(0, text.size() - 1));
  constexpr std::uint64_t kMost = 100'000;  // centuries, whatever the unit
  if (hours == 0 || !number || *number > kMost) return std::nullopt;
  return std::chrono::hours(static_cast<std::int64_t>(*number) * hours);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  unsigned shift = 0;
  if (!text.empty()) {
    switch (text.back()) {
      case 'k':
      case 'K':
        shift = 10;
        break;
      case 'm':
      case 'M':
        shift = 20;
        break;
      case 'g':
      case 'G':
        shift = 30;
        break;
      default:
        break;
    }
  }
  if (shift != 0) text.remove_suffix(1);
  const auto number = parse_number(text);
  constexpr std::uint64_t kLargest = std::uint64_t{1} << 53;
  if (!number || *number > (kLargest >> shift)) return std::nullopt;
  return *number << shift;
}

bool is_known_language(std::string_view code) {
  const auto lower = mail::lower_ascii(code);
  return is_language_code(lower) && (is_detected_language(lower) || has_stems(lower));
}

}  // namespace indexer
