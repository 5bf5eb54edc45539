#include "indexer/query.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace indexer {
namespace {

std::string print(const Query& query);

std::string print_all(std::string_view name, const std::vector<QueryPtr>& parts) {
  std::string text(name);
  for (const auto& part : parts) text += " " + print(*part);
  return "(" + text + ")";
}

template <typename Number>
std::string print_bounds(std::string_view name, const std::optional<Number>& from,
                         const std::optional<Number>& to) {
  return fmt::format("{}[{},{})", name, from ? std::to_string(*from) : "",
                     to ? std::to_string(*to) : "");
}

struct Printer {
  std::string operator()(const MatchAll&) const { return "all"; }
  std::string operator()(const MatchWords& words) const {
    const auto name = info(words.field).name;
    return fmt::format("{}{}{}{}", name, name.empty() ? "" : ":",
                       words.phrase ? "\"" + words.text + "\"" : words.text,
                       words.prefix ? "*" : "");
  }
  std::string operator()(const MatchMailbox& mailbox) const {
    return fmt::format("in[{}]", mailbox.name);
  }
  std::string operator()(const MatchState& state) const {
    return state.what == MatchState::What::kUnread    ? "unread"
           : state.what == MatchState::What::kFlagged ? "flagged"
                                                      : "attachment";
  }
  std::string operator()(const MatchDate& date) const {
    return print_bounds("date", date.from, date.to);
  }
  std::string operator()(const MatchSize& size) const {
    return print_bounds("size", size.from, size.to);
  }
  std::string operator()(const MatchLanguage& language) const {
    return fmt::format("lang[{}]", language.code);
  }
  std::string operator()(const MatchAnd& both) const { return print_all("and", both.all); }
  std::string operator()(const MatchOr& either) const { return print_all("or", either.any); }
  std::string operator()(const MatchNot& negated) const {
    return "(not " + print(*negated.of) + ")";
  }
};

std::string print(const Query& query) { return std::visit(Printer{}, query.node); }

TEST(Query, IsReadToATree) {
  const struct {
    std::string_view text, tree;
  } rows[] = {
      {"", "all"},
      {" \t\n", "all"},
      {"hello", "hello"},
      {"hello world", "(and hello world)"},
      {"hello AND world", "(and hello world)"},
      {"a b OR c d", "(or (and a b) (and c d))"},
      {"a OR b OR c", "(or a b c)"},
      {"a (b OR c) d", "(and a (or b c) d)"},
      {"((a))", "a"},
      {"a NOT b", "(and a (not b))"},
      {"-a -b", "(and (not a) (not b))"},
      {"NOT NOT a", "(not (not a))"},
      {"--a", "(not (not a))"},
      {"-(a OR b)", "(not (or a b))"},
      {"-from:ada", "(not from:ada)"},
      {"and or not", "(and and or not)"},
      {"\"hello world\"", "\"hello world\""},
      {"\"hello\"", "\"hello\""},
      {"\"AND\"", "\"AND\""},
      {"hel*", "hel*"},
      {"\"hello wor\"*", "\"hello wor\"*"},
      {"from:Ada", "from:Ada"},
      {"FROM:ada Subject:x", "(and from:ada subject:x)"},
      {"to:a cc:b bcc:c body:d filename:e tag:f", "(and to:a cc:b bcc:c body:d filename:e tag:f)"},
      {"subject:\"q1 report\"", "subject:\"q1 report\""},
      {"subject:rep*", "subject:rep*"},
      {"from:(ada OR grace) x", "(and (or from:ada from:grace) x)"},
      {"from:(ada -\"b c\")", "(and from:ada (not from:\"b c\"))"},
      {"ada@example.org", "\"ada@example.org\""},
      {"from:ada@example.org", "from:\"ada@example.org\""},
      {"x-ray", "\"x-ray\""},
      {"https://example.org/x", "\"https://example.org/x\""},
      {"12:30", "\"12:30\""},
      {"a1:b", "\"a1:b\""},
      {"don't", "don't"},
      {"caf\u00e9", "caf\u00e9"},
      {"\u65e5\u672c", "\"\u65e5\u672c\""},
      {"\u65e5", "\u65e5"},
      {"in:inbox", "in[inbox]"},
      {"in:\"Sent Mail\"", "in[Sent Mail]"},
      {"in:(a OR b)", "(or in[a] in[b])"},
      {"is:unread is:flagged has:attachment", "(and unread flagged attachment)"},
      {"is:READ is:unflagged", "(and (not unread) (not flagged))"},
      {"before:1970-01-02", "date[,86400)"},
      {"after:1970-02", "date[2678400,)"},
      {"after:1971 before:1972", "(and date[31536000,) date[,63072000))"},
      {"after:2024-02-29", "date[1709164800,)"},
      {"larger:10 smaller:2k", "(and size[11,) size[,2048))"},
      {"larger:1M smaller:1G", "(and size[1048577,) size[,1073741824))"},
      {"lang:FR -lang:zh-Hant", "(and lang[fr] (not lang[zh-hant]))"},
      {"a\"b c\"d", "(and a \"b c\" d)"},
      {"a(b)", "(and a b)"},
  };
  for (const auto& row : rows) {
    const auto query = parse_query(row.text);
    ASSERT_TRUE(query) << row.text << ": " << query.error().message;
    EXPECT_EQ(print(*query), row.tree) << row.text;
  }
}

TEST(Query, NamesMistakesAndTheirPlace) {
  const struct {
    std::string_view text;
    std::size_t position;
    std::string_view message;
  } rows[] = {
      {"a foo:bar", 2, "unknown field \"foo\"; known fields are from, to, cc"},
      {"from:", 0, "from: needs a value"},
      {"a from: b", 2, "from: needs a value"},
      {"(from:)", 1, "from: needs a value"},
      {"a \"b", 2, "closing quote"},
      {"a (b", 2, "no \")\""},
      {"a b)", 3, "no \"(\""},
      {"()", 0, "nothing stands between"},
      {"a ( ) b", 2, "nothing stands between"},
      {"(", 0, "no \")\""},
      {"*", 0, "\"*\" needs the beginning of a word"},
      {"a -*", 3, "\"*\" needs the beginning of a word"},
      {"f*o", 1, "end of a word"},
      {"a OR", 2, "OR needs something after it"},
      {"OR a", 0, "OR needs something before it"},
      {"a AND OR b", 2, "AND needs something after it"},
      {"(a OR )", 3, "OR needs something after it"},
      {"NOT", 0, "NOT needs something after it"},
      {"a -", 2, "\"-\" needs a word"},
      {"- a", 0, "\"-\" needs a word"},
      {"a ... b", 2, "no letter or digit"},
      {"\"--\"", 0, "no letter or digit"},
      {"subject:!!!", 8, "no letter or digit"},
      {"from:(a subject:b)", 8, "inside the parentheses of another"},
      {"is:blue", 3, "is: knows unread"},
      {"has:fun", 4, "has: knows attachment"},
      {"in:\"\"", 3, "in: needs"},
      {"before:2023-02-29", 7, "no date"},
      {"before:2023-13", 7, "no date"},
      {"after:yesterday", 6, "no date"},
      {"after:20230101", 6, "no date"},
      {"after:2023-1-1", 6, "no date"},
      {"larger:big", 7, "no size"},
      {"larger:M", 7, "no size"},
      {"larger:-1", 7, "no size"},
      {"smaller:99999999999999999999G", 8, "no size"},
      {"lang:french", 5, "no language"},
      {"lang:f1", 5, "no language"},
      {"in:a*", 3, "for words only"},
  };
  for (const auto& row : rows) {
    const auto query = parse_query(row.text);
    ASSERT_FALSE(query) << row.text << " is read as " << print(*query);
    EXPECT_EQ(query.error().position, row.position) << row.text;
    EXPECT_THAT(query.error().message, testing::HasSubstr(std::string(row.message))) << row.text;
  }
}

std::string repeated(std::string_view unit, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += unit;
  return text;
}

TEST(Query, IsBounded) {
  EXPECT_FALSE(parse_query(std::string(kMaxQueryBytes + 1, 'a')));
  EXPECT_FALSE(parse_query(repeated("(", 4'000)));
  EXPECT_FALSE(parse_query(repeated("-", 4'000) + "a"));
  EXPECT_FALSE(parse_query(repeated("NOT ", 1'000) + "a"));
  EXPECT_FALSE(parse_query(repeated("a ", 1'000)));
  EXPECT_FALSE(parse_query("\"" + repeated("a ", 1'000) + "\""));
  EXPECT_FALSE(parse_query(repeated("a* ", 100)));
  EXPECT_TRUE(parse_query(repeated("(", 40) + "a" + repeated(")", 40)));
  EXPECT_TRUE(parse_query(repeated("a ", kMaxQueryWords)));
}

}  // namespace
}  // namespace indexer
