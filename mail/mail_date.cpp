#include "mail/mail_date.hpp"

#include <array>

#include "mail/ascii.hpp"

namespace mail {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kMaxDate = 500;  // bytes that are looked at
constexpr int kFirstYear = 1900, kLastYear = 2105;
constexpr int kMaxOffset = 14 * 60;  // minutes

// 1 to 12, or 0. Some programs write months as their users do: what they begin with in the languages
// of western Europe. A "?" is a letter beyond ASCII, in whatever charset.
int month_of(std::string_view word) {
  constexpr struct {
    std::string_view beginning;
    int month;
  } kMonths[] = {
      {"jan", 1},  {"j?n", 1},  {"ene", 1},  {"gen", 1},  {"feb", 2},  {"fev", 2},  {"f?v", 2},
      {"mar", 3},  {"m?r", 3},  {"mrz", 3},  {"mrt", 3},  {"apr", 4},  {"avr", 4},  {"abr", 4},
      {"may", 5},  {"mai", 5},  {"maj", 5},  {"mei", 5},  {"mag", 5},  {"jun", 6},  {"juin", 6},
      {"giu", 6},  {"jul", 7},  {"juil", 7}, {"lug", 7},  {"aug", 8},  {"ago", 8},  {"aou", 8},
      {"ao?t", 8}, {"sep", 9},  {"set", 9},  {"oct", 10}, {"okt", 10}, {"ott", 10}, {"out", 10},
      {"nov", 11}, {"dec", 12}, {"d?c", 12}, {"dez", 12}, {"dic", 12}, {"des", 12},
  };
  for (const auto& [beginning, month] : kMonths) {
    if (word.starts_with(beginning)) return month;
  }
  return 0;
}

// RFC 5322's zones, and a few that occur as often. What is ambiguous (IST) is not here.
std::optional<minutes> zone_of(std::string_view word) {
  struct Zone {
    std::string_view name;
    int hours;
  };
  constexpr Zone kZones[] = {
      {"ut", 0},   {"utc", 0},  {"gmt", 0},  {"z", 0},    {"wet", 0},  {"est", -5},
      {"edt", -4}, {"cst", -6}, {"cdt", -5}, {"mst", -7}, {"mdt", -6}, {"pst", -8},
      {"pdt", -7}, {"bst", 1},  {"cet", 1},  {"met", 1},  {"cest", 2}, {"mest", 2},
      {"eet", 2},  {"west", 1}, {"eest", 3}, {"msk", 3},  {"jst", 9},  {"aest", 10},
  };
  for (const auto& zone : kZones) {
    if (zone.name == word) return std::chrono::hours(zone.hours);
  }
  return std::nullopt;
}

struct Number {
  int value = 0;
  int digits = 0;
};

// Collects what stands in the text, in whatever order, and then says what it means.
class DateReader {
 public:
  explicit DateReader(std::string_view text) : text_(text) {}

  std::optional<DateTime> read() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '(') {
        at_ += comment_length(text_.substr(at_));
        has_comment_ = true;
      } else if (is_digit(c)) {
        read_number();
      } else if (is_letter(c) || !is_ascii(c)) {
        read_word();
      } else if ((c == '+' || c == '-') && has_time_ && is_digit(peek(1))) {
        read_offset();
      } else {
        slashes_ = slashes_ || c == '/';
        ++at_;
      }
    }
    return meaning();
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  Number take_digits() {
    Number number;
    for (; is_digit(peek(0)); ++at_) {
      if (++number.digits <= 8) number.value = number.value * 10 + (text_[at_] - '0');
    }
    return number;
  }

  void read_number() {
    const auto number = take_digits();
    if (!has_time_ && is_digit(peek(1)) && (peek(0) == ':' || (peek(0) == '.' && has_date())))
      return read_time(number.value);
    if (count_ < numbers_.size()) numbers_[count_++] = number;
  }

  void read_time(int hour) {
    has_time_ = true;
    hour_ = hour;
    ++at_;
    minute_ = take_digits().value;
    if ((peek(0) == ':' || peek(0) == '.') && is_digit(peek(1))) {
      ++at_;
      second_ = take_digits().value;
    }
    if (peek(0) != '.') return;
    ++at_;  // fractions of seconds
    take_digits();
  }

  void read_word() {
    std::array<char, 12> lower;
    std::size_t size = 0;
    for (; is_letter(peek(0)) || !is_ascii(peek(0)); ++at_) {
      const char letter = is_ascii(text_[at_]) ? static_cast<char>(text_[at_] | 0x20) : '?';
      const bool goes_on = letter == '?' && size > 0 && lower[size - 1] == '?';  // UTF-8
      if (size < lower.size() && !goes_on) lower[size++] = letter;
    }
    const std::string_view word(lower.data(), size);
    // "Mar" is a Tuesday in French, Spanish and Italian: the month is the last such word.
    const int month = month_of(word);
    if (month != 0 && (month_ == 0 || !has_time_)) month_ = month;
    if (!has_time_) return;
    if (word == "pm" && hour_ < 12) hour_ += 12;
    if (word == "am" && hour_ == 12) hour_ = 0;
    const auto zone = zone_of(word);
    if (!zone || has_zone_) return;
    zone_ = *zone;
    has_zone_ = zone_.count() != 0;  // "GMT+0200" goes on
    while (is_digit(peek(0)) || is_letter(peek(0))) ++at_;  // "EST5EDT"
  }

  // "+0200", "+02:00", "+2".
  void read_offset() {
    const int sign = text_[at_++] == '-' ? -1 : 1;
    auto number = take_digits();
    if (number.digits <= 2) {
      number.value *= 100;
      if (peek(0) == ':' && is_digit(peek(1))) {
        ++at_;
        number.value += take_digits().value;
      }
    }
    if (has_zone_) return;
    has_zone_ = true;
    const int offset = number.value / 100 * 60 + number.value % 100;
    if (number.value % 100 < 60 && offset <= kMaxOffset) zone_ = minutes(sign * offset);
  }

  // What comes now may be a time written with dots.
  [[nodiscard]] bool has_date() const { return month_ != 0 && count_ == 2; }

  // Day, month and year in the order in which they stand.
  [[nodiscard]] std::optional<std::array<Number, 3>> day_month_year() const {
    if (month_ != 0) {
      if (count_ < 2) return std::nullopt;
      const Number month{month_, 2};
      const bool year_first = numbers_[0].digits > 2;
      return year_first ? std::array{numbers_[1], month, numbers_[0]}
                        : std::array{numbers_[0], month, numbers_[1]};
    }
    if (count_ < 3) return std::nullopt;
    const auto& [a, b, c] = numbers_;
    if (a.digits > 2) return std::array{c, b, a};
    const bool american = slashes_ ? a.value <= 12 : b.value > 12;
    return american ? std::array{b, a, c} : std::array{a, b, c};
  }

  [[nodiscard]] static int full_year(Number year) {
    if (year.digits <= 2) return year.value + (year.value < 50 ? 2000 : 1900);
    return year.digits == 3 ? year.value + 1900 : year.value;
  }

  [[nodiscard]] std::optional<DateTime> meaning() const {
    namespace chr = std::chrono;
    const auto parts = day_month_year();
    // A date alone is one where nothing else stands that might be the time.
    const bool is_date_alone = month_ != 0 && count_ == 2 && !has_comment_;
    if (!parts || (!has_time_ && !is_date_alone) || hour_ > 24 || minute_ > 59 || second_ > 60)
      return std::nullopt;
    const auto& [day, month, year] = *parts;
    const int full = full_year(year);
    if (full < kFirstYear || full > kLastYear || month.value > 12 || day.value > 31)
      return std::nullopt;
    const chr::year_month_day date{chr::year{full}, chr::month{static_cast<unsigned>(month.value)},
                                   chr::day{static_cast<unsigned>(day.value)}};
    if (!date.ok()) return std::nullopt;
    const auto local =
        chr::sys_days{date} + chr::hours{hour_} + minutes{minute_} + seconds{second_};
    return DateTime{local - zone_, zone_};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::array<Number, 3> numbers_{};  // what is no time and no zone
  std::size_t count_ = 0;
  int month_ = 0;
  int hour_ = 0, minute_ = 0, second_ = 0;
  bool has_time_ = false, has_zone_ = false, has_comment_ = false, slashes_ = false;
  minutes zone_{0};
};

}  // namespace

std::optional<DateTime> parse_mail_date(std::string_view value) {
  return DateReader(value.substr(0, kMaxDate)).read();
}

}  // namespace mail
