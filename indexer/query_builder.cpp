#include "indexer/query_builder.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "indexer/analyzer.hpp"
#include "mail/ascii.hpp"

namespace indexer {
namespace {

struct ConditionName {
  std::string_view name;
  QueryCondition condition;
};
constexpr ConditionName kConditions[] = {
    {"in", QueryCondition::kIn},
    {"is", QueryCondition::kIs},
    {"has", QueryCondition::kHas},
    {"keyword", QueryCondition::kKeyword},
    {"kind", QueryCondition::kKind},
    {"lang", QueryCondition::kLanguage},
    {"before", QueryCondition::kBefore},
    {"after", QueryCondition::kAfter},
    {"on", QueryCondition::kOn},
    {"date", QueryCondition::kDate},
    {"newer_than", QueryCondition::kNewerThan},
    {"older_than", QueryCondition::kOlderThan},
    {"larger", QueryCondition::kLarger},
    {"smaller", QueryCondition::kSmaller},
    {"size", QueryCondition::kSize},
    {"messageid", QueryCondition::kMessageId},
    {"thread", QueryCondition::kThread},
};

[[noreturn]] void fail(std::size_t position, std::string message) {
  throw QueryError{std::move(message), position};
}

QueryPtr state_of(MatchState::What what) { return make_query(MatchState{what}); }

// "A..B", each of which may be missing; nothing where there are no two dots.
std::optional<std::pair<std::string_view, std::string_view>> split_range(std::string_view text) {
  const auto dots = text.find("..");
  if (dots == std::string_view::npos) return std::nullopt;
  return std::pair{text.substr(0, dots), text.substr(dots + 2)};
}

}  // namespace

std::optional<Field> find_field(std::string_view name) {
  const auto lower = mail::lower_ascii(name);
  for (const auto& field : kFields) {
    if (!field.name.empty() && field.name == lower) return field.field;
  }
  return std::nullopt;
}

std::optional<QueryCondition> find_condition(std::string_view name) {
  const auto lower = mail::lower_ascii(name);
  for (const auto& condition : kConditions) {
    if (condition.name == lower) return condition.condition;
  }
  return std::nullopt;
}

std::string known_names() {
  std::string names;
  for (const auto& field : kFields) {
    if (!field.name.empty()) names += fmt::format("{}, ", field.name);
  }
  for (const auto& condition : kConditions) names += fmt::format("{}, ", condition.name);
  names.resize(names.size() - 2);
  return names;
}

QueryPtr QueryBuilder::words(const FieldName& field, std::string_view text, std::size_t position,
                             bool quoted, bool prefix) {
  std::size_t count = 0;
  for_each_word(text, [&](const Word&) { ++count; });
  if (count == 0 && text.size() >= kBase64Run) {
    fail(position,
         fmt::format("\"{}\" holds no word that is indexed: those of more than {} bytes, and lines "
                     "of base64, are not",
                     text, kMaxWordBytes));
  }
  if (count == 0 && prefix) fail(position, "\"*\" needs the beginning of a word before it");
  if (count == 0)
    fail(position, fmt::format("\"{}\" holds no letter or digit to search for", text));
  count_words(count, position);
  if (prefix) count_prefix(position);
  return make_query(MatchWords{field, std::string(text), quoted || count > 1, prefix, position});
}

QueryPtr QueryBuilder::part(const FieldName& field, std::string_view text, std::size_t position,
                            bool at_end) {
  if (field.field != Field::kAny && field.field != Field::kRecipient &&
      !info(field.field).has_parts) {
    fail(position,
         "a \"*\" before a word is for names and addresses only: from, to, cc, bcc, recipient and "
         "filename");
  }
  const auto words = words_of(text);
  if (words.size() != 1) {
    fail(position,
         "\"*\" before a word needs one word after it, of letters and digits, as in *corp*");
  }
  count_words(1, position);
  count_prefix(position);
  return make_query(MatchPart{field, words.front(), at_end});
}

void QueryBuilder::add_near(MatchNear& near, const Query& operand, std::size_t position) const {
  const auto* words = std::get_if<MatchWords>(&operand.node);
  if (words == nullptr || words->prefix || words_of(words->text).size() != 1)
    fail(position, "NEAR stands between single words, as in budget NEAR/5 travel");
  if (near.words.empty()) near.field = words->field;
  if (!(near.field == words->field))
    fail(position, "the words around NEAR must be looked for in the same field");
  near.words.push_back(words_of(words->text).front());
}

QueryPtr QueryBuilder::condition(QueryCondition condition, std::string_view text,
                                 std::size_t position) {
  count_condition(position);
  switch (condition) {
    case QueryCondition::kIn:
      if (text.empty()) fail(position, "in: needs the name or id of a mailbox");
      return make_query(MatchMailbox{std::string(text), position});
    case QueryCondition::kIs:
      return state(text, position);
    case QueryCondition::kHas:
      if (mail::lower_ascii(text) == "attachment") return state_of(MatchState::What::kAttachment);
      fail(position, fmt::format("has: knows attachment, not \"{}\"", text));
    case QueryCondition::kKeyword:
      if (text.empty()) fail(position, "keyword: needs a keyword, such as $forwarded");
      return make_query(MatchKeyword{mail::lower_ascii(text)});
    case QueryCondition::kKind:
      if (mail::lower_ascii(text) == "mail") return make_query(MatchKind{Kind::kMail});
      if (mail::lower_ascii(text) == "file") return make_query(MatchKind{Kind::kFile});
      fail(position, fmt::format("kind: knows mail and file, not \"{}\"", text));
    case QueryCondition::kLanguage:
      return language(text, position);
    case QueryCondition::kBefore:
    case QueryCondition::kAfter:
    case QueryCondition::kOn:
    case QueryCondition::kDate:
      return date(condition, text, position);
    case QueryCondition::kNewerThan:
    case QueryCondition::kOlderThan:
      return age(condition, text, position);
    case QueryCondition::kLarger:
    case QueryCondition::kSmaller:
    case QueryCondition::kSize:
      return size(condition, text, position);
    case QueryCondition::kMessageId: {
      if (text.starts_with('<') && text.ends_with('>') && text.size() > 1)
        text = text.substr(1, text.size() - 2);
      if (text.empty()) fail(position, "messageid: needs a Message-ID, such as <a@example.org>");
      return make_query(MatchMessageId{std::string(text)});
    }
    case QueryCondition::kThread:
      if (text.empty()) fail(position, "thread: needs the id of a thread, or a query in {…}");
      return make_query(MatchThread{std::string(text), position});
  }
  fail(position, "unknown condition");
}

QueryPtr QueryBuilder::threads_of(QueryPtr of, std::size_t position) {
  if (++threads_ > kMaxQueryThreads)
    fail(position, fmt::format("more than {} of thread:{{…}}", kMaxQueryThreads));
  return make_query(MatchThreadOf{std::move(of)});
}

QueryPtr QueryBuilder::state(std::string_view text, std::size_t position) const {
  using What = MatchState::What;
  const auto state = mail::lower_ascii(text);
  if (state == "unread") return state_of(What::kUnread);
  if (state == "flagged") return state_of(What::kFlagged);
  if (state == "read") return negation(state_of(What::kUnread));
  if (state == "unflagged") return negation(state_of(What::kFlagged));
  if (state == "answered") return make_query(MatchKeyword{"$answered"});
  if (state == "unanswered") return negation(make_query(MatchKeyword{"$answered"}));
  if (state == "draft") return make_query(MatchKeyword{"$draft"});
  fail(position,
       fmt::format("is: knows unread, read, flagged, unflagged, answered, unanswered and draft, "
                   "not \"{}\"",
                   text));
}

QueryPtr QueryBuilder::language(std::string_view text, std::size_t position) {
  if (is_known_language(text)) return make_query(MatchLanguage{mail::lower_ascii(text)});
  fail(position,
       fmt::format("\"{}\" is no language that is known here; write its code, as in en, fr or "
                   "zh-hant",
                   text));
}

Period QueryBuilder::period(std::string_view text, std::size_t position) const {
  if (const auto period = parse_period(text, now_)) return *period;
  fail(position, fmt::format("\"{}\" is no date; write 2026-01-31, 2026-01, 2026, today, yesterday "
                             "or last-week",
                             text));
}

QueryPtr QueryBuilder::date(QueryCondition condition, std::string_view text,
                            std::size_t position) const {
  if (condition == QueryCondition::kBefore)
    return make_query(MatchDate{std::nullopt, period(text, position).from});
  if (condition == QueryCondition::kAfter)
    return make_query(MatchDate{period(text, position).from, std::nullopt});
  const auto range = condition == QueryCondition::kDate ? split_range(text) : std::nullopt;
  if (!range) {
    const auto within = period(text, position);
    return make_query(MatchDate{within.from, within.to});
  }
  if (range->first.empty() && range->second.empty())
    fail(position, "date: needs a date before or after \"..\"");
  MatchDate date;
  if (!range->first.empty()) date.from = period(range->first, position).from;
  if (!range->second.empty())
    date.to = period(range->second, position + range->first.size() + 2).to;
  if (date.from && date.to && *date.from >= *date.to)
    fail(position, "this range ends before it begins");
  return make_query(date);
}

QueryPtr QueryBuilder::age(QueryCondition condition, std::string_view text,
                           std::size_t position) const {
  const auto age = parse_age(text);
  if (!age) {
    fail(position,
         fmt::format("\"{}\" is no age; write a number and h, d, w, m or y, as in 7d", text));
  }
  const auto then = (now_ - *age).time_since_epoch().count();
  return make_query(condition == QueryCondition::kNewerThan ? MatchDate{then, std::nullopt}
                                                            : MatchDate{std::nullopt, then});
}

QueryPtr QueryBuilder::size(QueryCondition condition, std::string_view text,
                            std::size_t position) const {
  const auto octets = [](std::string_view number, std::size_t at) {
    if (const auto size = parse_size(number)) return *size;
    fail(at, fmt::format("\"{}\" is no size; write bytes, as in 4096, or 20K, 5M, 1G", number));
  };
  if (condition == QueryCondition::kLarger)
    return make_query(MatchSize{octets(text, position) + 1, std::nullopt});
  if (condition == QueryCondition::kSmaller)
    return make_query(MatchSize{std::nullopt, octets(text, position)});
  const auto range = split_range(text);
  if (!range) {
    const auto exactly = octets(text, position);
    return make_query(MatchSize{exactly, exactly + 1});
  }
  if (range->first.empty() && range->second.empty())
    fail(position, "size: needs a size before or after \"..\"");
  MatchSize size;
  if (!range->first.empty()) size.from = octets(range->first, position);
  if (!range->second.empty())
    size.to = octets(range->second, position + range->first.size() + 2) + 1;
  if (size.from && size.to && *size.from >= *size.to)
    fail(position, "this range ends before it begins");
  return make_query(size);
}

void QueryBuilder::count_words(std::size_t count, std::size_t position) {
  words_ += count;
  if (words_ > kMaxQueryWords)
    fail(position, fmt::format("more than {} words; search for fewer", kMaxQueryWords));
}

void QueryBuilder::count_condition(std::size_t position) { count_words(1, position); }

void QueryBuilder::count_prefix(std::size_t position) {
  if (++prefixes_ <= kMaxQueryPrefixes) return;
  fail(position, fmt::format("more than {} words with \"*\"; search for fewer", kMaxQueryPrefixes));
}

}  // namespace indexer
