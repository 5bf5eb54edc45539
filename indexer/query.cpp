#include "indexer/query.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fmt/format.h>
#include <stdexcept>
#include <utility>

#include "indexer/analyzer.hpp"

namespace indexer {

void throw_exception_from_error(const QueryError& error, const boost::source_location&) {
  throw std::runtime_error(fmt::format("query, byte {}: {}", error.position, error.message));
}

namespace {

enum class Special { kIn, kIs, kHas, kBefore, kAfter, kLarger, kSmaller, kLanguage };

// What may stand before a colon: a field of the table, or a condition on the entry as a whole.
using Key = std::variant<Field, Special>;

struct SpecialInfo {
  std::string_view name;
  Special special;
};
constexpr SpecialInfo kSpecials[] = {
    {"in", Special::kIn},           {"is", Special::kIs},         {"has", Special::kHas},
    {"before", Special::kBefore},   {"after", Special::kAfter},   {"larger", Special::kLarger},
    {"smaller", Special::kSmaller}, {"lang", Special::kLanguage},
};

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::optional<Key> find_key(std::string_view name) {
  const auto lower = lower_case(name);
  for (const auto& field : kFields) {
    if (!field.name.empty() && field.name == lower) return field.field;
  }
  for (const auto& special : kSpecials) {
    if (special.name == lower) return special.special;
  }
  return std::nullopt;
}

std::string known_names() {
  std::string names;
  for (const auto& field : kFields) {
    if (!field.name.empty()) names += fmt::format("{}, ", field.name);
  }
  for (const auto& special : kSpecials) names += fmt::format("{}, ", special.name);
  names.resize(names.size() - 2);
  return names;
}

std::optional<std::uint64_t> parse_number(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size())
    return std::nullopt;
  return value;
}

// The first second of a day, month or year (UTC).
std::optional<std::int64_t> parse_date(std::string_view text) {
  const bool shaped = (text.size() == 4 || text.size() == 7 || text.size() == 10) &&
                      (text.size() < 7 || text[4] == '-') && (text.size() < 10 || text[7] == '-');
  if (!shaped) return std::nullopt;
  const auto year = parse_number(text.substr(0, 4));
  const auto month = text.size() < 7 ? 1 : parse_number(text.substr(5, 2));
  const auto day = text.size() < 10 ? 1 : parse_number(text.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::sys_days(date)).time_since_epoch().count();
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
  constexpr std::uint64_t kLargest = std::uint64_t{1}
                                     << 53;  // exact in a value slot, which holds a double
  if (!number || *number > (kLargest >> shift)) return std::nullopt;
  return *number << shift;
}

// "fr", or with a script: "zh-hant".
bool is_language_code(std::string_view text) {
  const auto letters = text.substr(0, text.find('-'));
  return (letters.size() == 2 || letters.size() == 3) && text.size() <= 8 &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || c == '-'; });
}

QueryPtr make(auto node) {
  auto query = std::make_unique<Query>();
  query->node = std::move(node);
  return query;
}

constexpr const char* kNoOpening = "there is no \"(\" for this \")\"";

// Recursive descent; a mistake unwinds to parse_query as an exception.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Query parse() {
    skip_spaces();
    if (at_end()) return Query{MatchAll{}};
    if (peek() == ')') fail(position_, kNoOpening);
    auto query = parse_or(std::nullopt);
    if (!at_end()) fail(position_, kNoOpening);
    return std::move(*query);
  }

 private:
  [[noreturn]] static void fail(std::size_t position, std::string message) {
    throw QueryError{std::move(message), position};
  }

  [[nodiscard]] bool at_end() const { return position_ == text_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[position_]; }
  void skip_spaces() {
    while (!at_end() && is_space(text_[position_])) ++position_;
  }

  // A word reaches to a space, parenthesis or quote.
  [[nodiscard]] std::string_view word_at(std::size_t position) const {
    std::size_t end = position;
    while (end < text_.size() && !is_space(text_[end]) && text_[end] != '(' && text_[end] != ')' &&
           text_[end] != '"')
      ++end;
    return text_.substr(position, end - position);
  }
  [[nodiscard]] bool at_word(std::string_view word) const { return word_at(position_) == word; }

  // The operand that must follow the operator before it.
  void require_operand(std::string_view of, std::size_t position) {
    skip_spaces();
    if (at_end() || peek() == ')' || at_word("AND") || at_word("OR")) {
      fail(position,
           fmt::format(
               "{0} needs something after it; write \"{0}\" in quotes to search for the word", of));
    }
  }

  QueryPtr parse_or(std::optional<Key> key) {
    MatchOr either;
    either.any.push_back(parse_and(key));
    while (at_word("OR")) {
      const auto position = position_;
      position_ += 2;
      require_operand("OR", position);
      either.any.push_back(parse_and(key));
    }
    if (either.any.size() == 1) return std::move(either.any.front());
    return make(std::move(either));
  }

  QueryPtr parse_and(std::optional<Key> key) {
    MatchAnd both;
    if (at_word("AND") || at_word("OR")) {
      fail(position_,
           fmt::format(
               "{0} needs something before it; write \"{0}\" in quotes to search for the word",
               word_at(position_)));
    }
    do {
      if (at_word("AND")) {
        const auto position = position_;
        position_ += 3;
        require_operand("AND", position);
      }
      both.all.push_back(parse_unary(key));
      skip_spaces();
    } while (!at_end() && peek() != ')' && !at_word("OR"));
    if (both.all.size() == 1) return std::move(both.all.front());
    return make(std::move(both));
  }

  // Counts how deep the parser is while it lives.
  class Descent {
   public:
    explicit Descent(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kMaxQueryDepth) {
        fail(parser_.position_,
             fmt::format("more than {} parentheses and NOTs in each other", kMaxQueryDepth));
      }
    }
    Descent(const Descent&) = delete;
    Descent& operator=(const Descent&) = delete;
    ~Descent() { --parser_.depth_; }

   private:
    Parser& parser_;
  };

  QueryPtr parse_unary(std::optional<Key> key) {
    const Descent descent(*this);
    const auto position = position_;
    if (at_word("NOT")) {
      position_ += 3;
      require_operand("NOT", position);
      return make(MatchNot{parse_unary(key)});
    }
    if (peek() == '-') {
      ++position_;
      if (at_end() || is_space(peek()) || peek() == ')')
        fail(position, "\"-\" needs a word right after it");
      return make(MatchNot{parse_unary(key)});
    }
    return parse_primary(key);
  }

  QueryPtr parse_primary(std::optional<Key> key) {
    const auto position = position_;
    if (const auto name = field_name(); !name.empty()) {
      const auto found = find_key(name);
      if (!found) {
        fail(position,
             fmt::format(
                 "unknown field \"{}\"; known fields are {}; quote it to search for the text", name,
                 known_names()));
      }
      if (key)
        fail(position, "a field inside the parentheses of another; write it before or after them");
      position_ += name.size() + 1;
      if (at_end() || is_space(peek()) || peek() == ')') {
        fail(position, fmt::format("{}: needs a value right after the colon", name));
      }
      key = found;
    }
    if (peek() == '(') return parse_group(key);
    return peek() == '"' ? parse_quoted(key) : parse_word(key);
  }

  // Letters before a colon, unless a URL begins there; empty when there are none.
  [[nodiscard]] std::string_view field_name() const {
    std::size_t end = position_;
    while (end < text_.size() && is_letter(text_[end])) ++end;
    if (end == text_.size() || text_[end] != ':' || text_.substr(end + 1, 2) == "//") return {};
    return text_.substr(position_, end - position_);
  }

  QueryPtr parse_group(std::optional<Key> key) {
    const auto opened = position_;
    ++position_;
    skip_spaces();
    if (peek() == ')') fail(opened, "nothing stands between the parentheses");
    if (at_end()) fail(opened, "there is no \")\" for this \"(\"");
    auto query = parse_or(key);
    if (peek() != ')') fail(opened, "there is no \")\" for this \"(\"");
    ++position_;
    return query;
  }

  QueryPtr parse_quoted(std::optional<Key> key) {
    const auto opened = position_;
    const auto closed = text_.find('"', opened + 1);
    if (closed == std::string_view::npos) fail(opened, "there is no closing quote for this one");
    position_ = closed + 1;
    const bool prefix = peek() == '*';
    if (prefix) ++position_;
    return value(key, text_.substr(opened + 1, closed - opened - 1), opened, true, prefix);
  }

  QueryPtr parse_word(std::optional<Key> key) {
    const auto position = position_;
    auto word = word_at(position);
    position_ += word.size();
    const bool prefix = word.ends_with('*');
    if (prefix) word.remove_suffix(1);
    if (const auto star = word.find('*'); star != std::string_view::npos && !word.empty()) {
      fail(position + star,
           "\"*\" can only stand at the end of a word; quote the word to search for the text");
    }
    return value(key, word, position, false, prefix);
  }

  QueryPtr value(const std::optional<Key>& key, std::string_view text, std::size_t position,
                 bool quoted, bool prefix) {
    if (key && std::holds_alternative<Special>(*key)) {
      if (prefix) fail(position, "\"*\" is for words only");
      return special(std::get<Special>(*key), text, position);
    }
    return words(key ? std::get<Field>(*key) : Field::kAny, text, position, quoted, prefix);
  }

  QueryPtr words(Field field, std::string_view text, std::size_t position, bool quoted,
                 bool prefix) {
    std::size_t count = 0;
    for_each_word(text, [&](const Word&) { ++count; });
    if (count == 0 && prefix) fail(position, "\"*\" needs the beginning of a word before it");
    if (count == 0)
      fail(position, fmt::format("\"{}\" holds no letter or digit to search for", text));
    word_count_ += count;
    if (word_count_ > kMaxQueryWords)
      fail(position, fmt::format("more than {} words; search for fewer", kMaxQueryWords));
    if (prefix && ++prefix_count_ > kMaxQueryPrefixes) {
      fail(position,
           fmt::format("more than {} words with \"*\"; search for fewer", kMaxQueryPrefixes));
    }
    return make(MatchWords{field, std::string(text), quoted || count > 1, prefix});
  }

  QueryPtr special(Special which, std::string_view text, std::size_t position) {
    switch (which) {
      case Special::kIn:
        if (text.empty()) fail(position, "in: needs the name or id of a mailbox");
        return make(MatchMailbox{std::string(text), position});
      case Special::kIs: {
        const auto state = lower_case(text);
        if (state == "unread") return make(MatchState{MatchState::What::kUnread});
        if (state == "flagged") return make(MatchState{MatchState::What::kFlagged});
        if (state == "read") return make(MatchNot{make(MatchState{MatchState::What::kUnread})});
        if (state == "unflagged")
          return make(MatchNot{make(MatchState{MatchState::What::kFlagged})});
        fail(position,
             fmt::format("is: knows unread, read, flagged and unflagged, not \"{}\"", text));
      }
      case Special::kHas:
        if (lower_case(text) == "attachment")
          return make(MatchState{MatchState::What::kAttachment});
        fail(position, fmt::format("has: knows attachment, not \"{}\"", text));
      case Special::kBefore:
      case Special::kAfter: {
        const auto date = parse_date(text);
        if (!date)
          fail(position, fmt::format("\"{}\" is no date; write 2026-01-31, 2026-01 or 2026", text));
        return make(which == Special::kAfter ? MatchDate{date, std::nullopt}
                                             : MatchDate{std::nullopt, date});
      }
      case Special::kLarger:
      case Special::kSmaller: {
        const auto size = parse_size(text);
        if (!size)
          fail(position,
               fmt::format("\"{}\" is no size; write bytes, as in 4096, or 20K, 5M, 1G", text));
        return make(which == Special::kLarger ? MatchSize{*size + 1, std::nullopt}
                                              : MatchSize{std::nullopt, size});
      }
      case Special::kLanguage: {
        if (!is_language_code(text))
          fail(position,
               fmt::format("\"{}\" is no language; write its code, as in en, fr or zh-hant", text));
        return make(MatchLanguage{lower_case(text)});
      }
    }
    fail(position, "unknown condition");
  }

  std::string_view text_;
  std::size_t position_ = 0;
  int depth_ = 0;
  std::size_t word_count_ = 0;
  std::size_t prefix_count_ = 0;
};

}  // namespace

QueryResult<Query> parse_query(std::string_view text) {
  if (text.size() > kMaxQueryBytes) {
    return QueryError{fmt::format("the query is longer than {} bytes", kMaxQueryBytes),
                      kMaxQueryBytes};
  }
  try {
    return Parser(text).parse();
  } catch (QueryError& error) {
    return std::move(error);
  }
}

}  // namespace indexer
