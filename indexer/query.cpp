#include "indexer/query.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>
#include <utility>

#include "indexer/analyzer.hpp"
#include "indexer/query_builder.hpp"
#include "indexer/utf8.hpp"
#include "mail/ascii.hpp"

namespace indexer {

void throw_exception_from_error(const QueryError& error, const boost::source_location&) {
  throw std::runtime_error(fmt::format("query, byte {}: {}", error.position, error.message));
}

namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// Bytes of the typographic quote at `position`: phones write them for ". 0: there is none.
std::size_t typographic_quote(std::string_view text, std::size_t position) {
  constexpr std::string_view kQuotes[] = {"\xE2\x80\x9C", "\xE2\x80\x9D", "\xE2\x80\x9E",
                                          "\xE2\x80\x9F", "\xC2\xAB",     "\xC2\xBB"};
  for (const auto quote : kQuotes) {
    if (text.substr(position).starts_with(quote)) return quote.size();
  }
  return 0;
}

// Spaces that keyboards of other scripts, and web pages, give: blanks of as many bytes.
std::string with_plain_spaces(std::string_view text) {
  constexpr std::string_view kSpaces[] = {
      "\xC2\xA0",     "\xE2\x80\x80", "\xE2\x80\x81", "\xE2\x80\x82", "\xE2\x80\x83",
      "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86", "\xE2\x80\x87", "\xE2\x80\x88",
      "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF",
      "\xE2\x81\x9F", "\xE3\x80\x80"};
  std::string plain(text);
  for (const auto space : kSpaces) {
    for (auto at = plain.find(space); at != plain.npos; at = plain.find(space, at))
      plain.replace(at, space.size(), space.size(), ' ');
  }
  return plain;
}

// Punctuation that stands alone, as in "research & development - a report".
bool is_mark(std::string_view word) {
  if (word.empty() || word.size() > kMaxWordBytes) return false;
  bool has_word = false;
  for_each_word(word, [&has_word](const Word&) { has_word = true; });
  return !has_word && word.find_first_of("-*:") == std::string_view::npos;
}

// What stands before a colon.
using Key = std::variant<FieldName, QueryCondition>;

constexpr const char* kNoOpening = "there is no \"(\" for this \")\"";
constexpr std::string_view kNear = "NEAR";
constexpr unsigned kMaxDistance = 1'000;

// Recursive descent; a mistake unwinds to parse_query as an exception.
class Parser {
 public:
  Parser(std::string text, std::chrono::sys_seconds now) : text_(std::move(text)), build_(now) {}

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
  // Whether a group ends here: a parenthesis, or the brace of a thread:{…} that was opened.
  [[nodiscard]] bool at_close() const { return is_close(position_); }
  [[nodiscard]] bool is_close(std::size_t position) const {
    return text_[position] == ')' || (braces_ > 0 && text_[position] == '}');
  }
  void skip_spaces() {
    while (!at_end() && is_space(text_[position_])) ++position_;
  }

  // Marks between words say nothing.
  void skip_marks() {
    while (at_dash() || (is_mark(word_at(position_)) && typographic_quote(text_, position_) == 0)) {
      position_ += word_at(position_).size();
      skip_spaces();
    }
  }
  [[nodiscard]] bool at_dash() const {
    return peek() == '-' && position_ + 1 < text_.size() && is_space(text_[position_ + 1]);
  }

  // A word reaches to a space, parenthesis or quote.
  [[nodiscard]] std::string_view word_at(std::size_t position) const {
    std::size_t end = position;
    while (end < text_.size() && !is_space(text_[end]) && text_[end] != '(' && text_[end] != '"' &&
           !is_close(end))
      ++end;
    return std::string_view(text_).substr(position, end - position);
  }
  [[nodiscard]] bool at_word(std::string_view word) const { return word_at(position_) == word; }
  [[nodiscard]] bool at_near() const {
    const auto word = word_at(position_);
    return word == kNear || word.starts_with("NEAR/");
  }
  [[nodiscard]] bool at_operator() const { return at_word("AND") || at_word("OR") || at_near(); }

  // The operand that must follow the operator before it.
  void require_operand(std::string_view of, std::size_t position) {
    skip_spaces();
    if (at_end() || at_close() || at_operator()) {
      fail(position,
           fmt::format(
               "{0} needs something after it; write \"{0}\" in quotes to search for the word", of));
    }
  }

  QueryPtr parse_or(const std::optional<Key>& key) {
    MatchOr either;
    either.any.push_back(parse_and(key));
    while (at_word("OR")) {
      const auto position = position_;
      position_ += 2;
      require_operand("OR", position);
      either.any.push_back(parse_and(key));
    }
    if (either.any.size() == 1) return std::move(either.any.front());
    return make_query(std::move(either));
  }

  QueryPtr parse_and(const std::optional<Key>& key) {
    MatchAnd both;
    if (at_operator()) {
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
      skip_marks();
    } while (!at_end() && !at_close() && !at_word("OR"));
    if (both.all.size() == 1) return std::move(both.all.front());
    return make_query(std::move(both));
  }

  // The number of the NEAR that stands here.
  [[nodiscard]] unsigned distance() const {
    auto word = word_at(position_);
    if (word == kNear) return MatchNear{}.distance;
    word.remove_prefix(kNear.size() + 1);
    const auto number = parse_size(word);
    if (!number || *number == 0 || *number > kMaxDistance)
      fail(position_, fmt::format("NEAR/ needs a number from 1 to {} after it", kMaxDistance));
    return static_cast<unsigned>(*number);
  }

  // Counts, while it lives, the parentheses, NOTs and braces that the parser is in.
  class Descent {
   public:
    explicit Descent(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kMaxQueryDepth) {
        fail(parser_.position_,
             fmt::format("more than {} parentheses, NOTs and thread:{{…}} in each other",
                         kMaxQueryDepth));
      }
    }
    Descent(const Descent&) = delete;
    Descent& operator=(const Descent&) = delete;
    ~Descent() { --parser_.depth_; }

   private:
    Parser& parser_;
  };

  QueryPtr parse_unary(const std::optional<Key>& key) {
    const auto position = position_;
    if (at_word("NOT")) {
      const Descent descent(*this);
      position_ += 3;
      require_operand("NOT", position);
      return make_query(MatchNot{parse_unary(key)});
    }
    if (peek() == '-') {
      const Descent descent(*this);
      ++position_;
      if (at_end() || is_space(peek()) || at_close())
        fail(position, "\"-\" needs a word right after it");
      return make_query(MatchNot{parse_unary(key)});
    }
    return parse_near(key);
  }

  QueryPtr parse_near(const std::optional<Key>& key) {
    const auto first_position = position_;
    auto first = parse_primary(key);
    skip_spaces();
    if (at_end() || !at_near()) return first;
    MatchNear near;
    build_.add_near(near, *first, first_position);
    near.distance = distance();
    for (skip_spaces(); !at_end() && at_near(); skip_spaces()) {
      const auto position = position_;
      if (distance() != near.distance) fail(position, "NEARs side by side need the same number");
      position_ += word_at(position_).size();
      require_operand(kNear, position);
      const auto operand_position = position_;
      if (at_word("NOT") || peek() == '-') fail(operand_position, "NEAR takes words, not NOT");
      build_.add_near(near, *parse_primary(key), operand_position);
    }
    return make_query(std::move(near));
  }

  QueryPtr parse_primary(std::optional<Key> key) {
    const auto position = position_;
    if (auto named = parse_key()) {
      if (key)
        fail(position, "a field inside the parentheses of another; write it before or after them");
      key = std::move(named);
    }
    if (key && std::holds_alternative<QueryCondition>(*key)) {
      if (std::get<QueryCondition>(*key) == QueryCondition::kThread && peek() == '{')
        return parse_threads();
    }
    if (peek() == '(') return parse_group(key);
    if (peek() == '"') return parse_quoted(key);
    if (auto phrase = parse_typographic_quote(key)) return phrase;
    return parse_word(key);
  }

  // A name and its colon; nothing when there are none, or a URL begins here.
  std::optional<Key> parse_key() {
    std::size_t end = position_;
    while (end < text_.size() && is_name_character(text_[end])) ++end;
    if (end == position_ || end == text_.size() || text_[end] != ':' ||
        std::string_view(text_).substr(end + 1, 2) == "//")
      return std::nullopt;
    const auto name = std::string_view(text_).substr(position_, end - position_);
    const auto field = find_field(name);
    const auto condition = find_condition(name);
    const bool is_text = end + 1 == text_.size() || is_space(text_[end + 1]);  // "Re: the budget"
    if (!field && !condition && is_text) return std::nullopt;
    if (!field && !condition) {
      fail(position_,
           fmt::format("unknown field \"{}\"; known fields are {}; quote it to search for the text",
                       name, known_names()));
    }
    const auto position = std::exchange(position_, end + 1);
    FieldName words{field.value_or(Field::kAny), {}};
    if (words.field == Field::kHeader) {
      words.header_position = position_;
      words.header = parse_header_name(position);
    }
    if (at_end() || is_space(peek()) || at_close())
      fail(position, fmt::format("{}: needs a value right after the colon", name));
    if (condition) return *condition;
    return words;
  }

  std::string parse_header_name(std::size_t position) {
    const auto word = word_at(position_);
    const auto colon = word.find(':');
    if (colon == 0 || colon == std::string_view::npos)
      fail(position, "header: needs the name of a header and a colon, as in header:x-mailer:mutt");
    position_ += colon + 1;
    return mail::lower_ascii(word.substr(0, colon));
  }

  QueryPtr parse_group(const std::optional<Key>& key) {
    const Descent descent(*this);
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

  QueryPtr parse_threads() {
    const Descent descent(*this);
    const auto opened = position_;
    ++position_;
    ++braces_;
    skip_spaces();
    if (peek() == '}') fail(opened, "nothing stands between the braces");
    if (at_end()) fail(opened, "there is no \"}\" for this \"{\"");
    auto query = parse_or(std::nullopt);
    if (peek() != '}') fail(opened, "there is no \"}\" for this \"{\"");
    ++position_;
    --braces_;
    return build_.threads_of(std::move(query), opened);
  }

  QueryPtr parse_quoted(const std::optional<Key>& key) {
    const auto closed = text_.find('"', position_ + 1);
    if (closed == std::string_view::npos) fail(position_, "there is no closing quote for this one");
    return phrase(key, position_ + 1, closed, closed + 1);
  }

  // Nothing where none opens here, or none closes it: then it is a mark like others.
  QueryPtr parse_typographic_quote(const std::optional<Key>& key) {
    const auto opening = typographic_quote(text_, position_);
    if (opening == 0) return nullptr;
    const auto begin = position_ + opening;
    for (auto end = begin; end < text_.size(); ++end) {
      if (const auto closing = typographic_quote(text_, end))
        return phrase(key, begin, end, end + closing);
    }
    return nullptr;
  }

  // Of the bytes from `begin` to `end`; the quotes with them end at `after`.
  QueryPtr phrase(const std::optional<Key>& key, std::size_t begin, std::size_t end,
                  std::size_t after) {
    const auto opened = std::exchange(position_, after);
    const bool prefix = peek() == '*';
    if (prefix) ++position_;
    return value(key, std::string_view(text_).substr(begin, end - begin), opened, true, prefix);
  }

  QueryPtr parse_word(const std::optional<Key>& key) {
    const auto position = position_;
    auto word = word_at(position);
    position_ += word.size();
    if (key && std::holds_alternative<QueryCondition>(*key)) {
      if (word.ends_with('*')) fail(position, "\"*\" is for words only");
      return value(key, word, position, false, false);
    }
    const FieldName field = key ? std::get<FieldName>(*key) : FieldName{};
    if (word == "*" && field.field == Field::kHeader) {
      build_.count_condition(position);
      return make_query(MatchHeader{field.header, field.header_position});
    }
    const bool prefix = word.ends_with('*');
    if (prefix) word.remove_suffix(1);
    if (word.starts_with('*'))
      return build_.part(field, word.substr(1), position, /*at_end=*/!prefix);
    if (const auto star = word.find('*'); star != std::string_view::npos) {
      fail(position + star,
           "\"*\" can only stand at the beginning or end of a word; quote the word to search for "
           "the text");
    }
    return value(key, word, position, false, prefix);
  }

  QueryPtr value(const std::optional<Key>& key, std::string_view text, std::size_t position,
                 bool quoted, bool prefix) {
    if (key && std::holds_alternative<QueryCondition>(*key)) {
      if (prefix) fail(position, "\"*\" is for words only");
      return build_.condition(std::get<QueryCondition>(*key), text, position);
    }
    return build_.words(key ? std::get<FieldName>(*key) : FieldName{}, text, position, quoted,
                        prefix);
  }

  const std::string text_;
  QueryBuilder build_;
  std::size_t position_ = 0;
  int depth_ = 0;
  int braces_ = 0;
};

}  // namespace

QueryResult<Query> parse_query(std::string_view text, std::chrono::sys_seconds now) {
  if (text.size() > kMaxQueryBytes) {
    return QueryError{fmt::format("the query is longer than {} bytes", kMaxQueryBytes),
                      kMaxQueryBytes};
  }
  try {
    return Parser(with_plain_spaces(text), now).parse();
  } catch (QueryError& error) {
    return std::move(error);
  }
}

}  // namespace indexer
