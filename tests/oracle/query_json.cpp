#include <fmt/format.h>

#include "tests/oracle/query.hpp"

namespace oracle {
namespace {

using nlohmann::json;

// Seconds since 1970 as RFC 3339 writes them; the calendar is counted by hand.
std::string utc_date(std::int64_t seconds) {
  std::int64_t day = seconds / 86'400, rest = seconds % 86'400;
  if (rest < 0) {
    rest += 86'400;
    --day;
  }
  const auto is_leap = [](std::int64_t y) { return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0; };
  std::int64_t year = 1970;
  for (; day < 0; day += is_leap(year) ? 366 : 365) --year;
  for (; day >= (is_leap(year) ? 366 : 365); ++year) day -= is_leap(year) ? 366 : 365;
  const int lengths[] = {31, is_leap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int month = 0;
  for (; day >= lengths[month]; ++month) day -= lengths[month];
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", year, month + 1, day + 1, rest / 3'600,
                     rest / 60 % 60, rest % 60);
}

class JsonWriter {
 public:
  explicit JsonWriter(Random& random) : random_(random) {}

  json operator()(const Everything&) const { return json::object(); }
  json operator()(const Words& words) const {
    const std::string quote = words.is_quoted ? "\"" : "";
    return {{words.field.empty() ? "text" : words.field,
             quote + words.text + quote + (words.is_beginning ? "*" : "")}};
  }
  json operator()(const Part& part) const { return as_text({part}); }
  json operator()(const Near& near) const { return as_text({near}); }
  json operator()(const InMailbox& mailbox) const { return {{"inMailbox", mailbox.id}}; }
  json operator()(const InOtherMailbox& other) const { return {{"inMailboxOtherThan", other.ids}}; }
  json operator()(const HasKeyword& keyword) const { return {{"hasKeyword", keyword.keyword}}; }
  json operator()(const HasAttachment&) const { return {{"hasAttachment", true}}; }
  json operator()(const OfKind& kind) const { return {{"kind", kind.is_mail ? "mail" : "file"}}; }
  json operator()(const InLanguage& language) const { return {{"lang", language.code}}; }
  json operator()(const Dated& date) const {
    auto condition = json::object();
    if (date.from) condition["after"] = utc_date(*date.from);
    if (date.to) condition["before"] = utc_date(*date.to);
    return condition;
  }
  json operator()(const Sized& size) const {
    auto condition = json::object();
    if (size.from) condition["minSize"] = *size.from;
    if (size.to) condition["maxSize"] = *size.to;
    return condition;
  }
  json operator()(const WithMessageId& message) const { return {{"messageId", message.id}}; }
  json operator()(const InThread& thread) const { return {{"threadId", thread.id}}; }
  json operator()(const ThreadOf& threads) const {
    if (const auto* keyword = std::get_if<HasKeyword>(&threads.of->node))
      return {{"someInThreadHaveKeyword", keyword->keyword}};
    return {{"inThread", to_json(*threads.of, random_)}};
  }
  json operator()(const All& all) const { return combined("AND", all.of); }
  json operator()(const Any& any) const { return combined("OR", any.of); }
  json operator()(const Not& negation) const {
    const auto& of = negation.of->node;
    if (const auto* keyword = std::get_if<HasKeyword>(&of); keyword != nullptr && chance())
      return {{"notKeyword", keyword->keyword}};
    if (std::holds_alternative<HasAttachment>(of) && chance()) return {{"hasAttachment", false}};
    // NOT of several is none of them.
    if (const auto* any = std::get_if<Any>(&of); any != nullptr && chance())
      return combined("NOT", any->of);
    return combined("NOT", {negation.of});
  }

 private:
  [[nodiscard]] bool chance() const { return random_() % 2 == 0; }

  [[nodiscard]] json combined(const char* name, const std::vector<QueryPtr>& of) const {
    auto conditions = json::array();
    for (const auto& part : of) conditions.push_back(to_json(*part, random_));
    return {{"operator", name}, {"conditions", std::move(conditions)}};
  }
  [[nodiscard]] json as_text(const Query& query) const {
    return {{"query", *to_text(query, random_)}};
  }

  Random& random_;
};

}  // namespace

json to_json(const Query& query, Random& random) {
  return std::visit(JsonWriter(random), query.node);
}

}  // namespace oracle
