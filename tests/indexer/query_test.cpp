#include "indexer/query.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "indexer/analyzer.hpp"

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
    const auto name = info(words.field.field).name;
    return fmt::format("{}{}{}{}{}", name, name.empty() ? "" : ":",
                       words.field.header.empty() ? "" : words.field.header + ":",
                       words.phrase ? "\"" + words.text + "\"" : words.text,
                       words.prefix ? "*" : "");
  }
  std::string operator()(const MatchNear& near) const {
    std::string text = fmt::format("(near/{}", near.distance);
    for (const auto& word : near.words)
      text += fmt::format(" {}{}{}", info(near.field.field).name,
                          near.field.field == Field::kAny ? "" : ":", word);
    return text + ")";
  }
  std::string operator()(const MatchPart& part) const {
    const auto name = info(part.field.field).name;
    return fmt::format("{}{}*{}{}", name, name.empty() ? "" : ":", part.part,
                       part.at_end ? "" : "*");
  }
  std::string operator()(const MatchHeader& header) const {
    return fmt::format("header[{}]", header.name);
  }
  std::string operator()(const MatchOtherMailbox& other) const {
    return fmt::format("other[{}]", fmt::join(other.ids, " "));
  }
  std::string operator()(const MatchKeyword& keyword) const {
    return fmt::format("keyword[{}]", keyword.keyword);
  }
  std::string operator()(const MatchKind& kind) const {
    return kind.kind == Kind::kMail ? "mail" : "file";
  }
  std::string operator()(const MatchMessageId& message) const {
    return fmt::format("messageid[{}]", message.id);
  }
  std::string operator()(const MatchThread& thread) const {
    return fmt::format("thread[{}]", thread.id);
  }
  std::string operator()(const MatchThreadOf& threads) const {
    return "(thread " + print(*threads.of) + ")";
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

// 1970-01-10, 12:00, a Saturday.
constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(9 * 86'400 + 43'200)};

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
      {"\xE2\x80\x9Chello world\xE2\x80\x9D*", "\"hello world\"*"},
      {"-from:\xE2\x80\x9Ehello world\xE2\x80\x9C \xC2\xAB b c\xC2\xBB",
       "(and (not from:\"hello world\") \" b c\")"},
      {"a \xE2\x80\x9C"
       "b",
       "(and a \xE2\x80\x9C"
       "b)"},
      {"is:read\xC2\xA0"
       "a\xE3\x80\x80OR\xE2\x80\xAF"
       "b - c",
       "(or (and (not unread) a) (and b c))"},
      {"research & development \xE2\x80\x93 (a /) !", "(and research development a)"},
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
      {"don't", "\"don't\""},
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
      {"recipient:ada type:pdf list:dev", "(and recipient:ada type:pdf list:dev)"},
      {"header:X-Mailer:mutt header:x-y:\"a b\" header:z:*",
       "(and header:x-mailer:mutt header:x-y:\"a b\" header[z])"},
      {"a NEAR b", "(near/10 a b)"},
      {"a NEAR/3 b NEAR/3 c d", "(and (near/3 a b c) d)"},
      {"subject:(a NEAR/2 b)", "(near/2 subject:a subject:b)"},
      {"*corp* from:*ada", "(and *corp* from:*ada)"},
      {"kind:mail kind:FILE keyword:$Junk is:answered is:draft is:unanswered",
       "(and mail file keyword[$junk] keyword[$answered] keyword[$draft] (not "
       "keyword[$answered]))"},
      {"messageid:<a@b.c> messageid:x@y", "(and messageid[a@b.c] messageid[x@y])"},
      {"thread:abc", "thread[abc]"},
      {"thread:{from:ada (b OR c)} d", "(and (thread (and from:ada (or b c))) d)"},
      {"thread:{a thread:{b}}", "(thread (and a (thread b)))"},
      {"a} {b", "(and a} {b)"},
      {"on:1970-01-02 date:1970", "(and date[86400,172800) date[0,31536000))"},
      {"date:1970-01-02..1970-01-03 date:1971.. date:..1970-01",
       "(and date[86400,259200) date[31536000,) date[,2678400))"},
      {"date:today date:yesterday", "(and date[777600,864000) date[691200,777600))"},
      {"date:this-week date:last-week", "(and date[345600,950400) date[-259200,345600))"},
      {"date:last-month date:this-month", "(and date[-2678400,0) date[0,2678400))"},
      {"before:this-year after:last-year", "(and date[,0) date[-31536000,))"},
      {"newer_than:1D older_than:2H", "(and date[734400,) date[,813600))"},
      {"newer_than:1d older_than:2h", "(and date[734400,) date[,813600))"},
      {"size:10..20 size:5 size:1K.. size:..2", "(and size[10,21) size[5,6) size[1024,) size[,3))"},
  };
  for (const auto& row : rows) {
    const auto query = parse_query(row.text, kNow);
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
      {"- b", 0, "a word right after it"},
      {"a AND - b", 6, "a word right after it"},
      {"& a", 0, "no letter or digit"},
      {"a AND &", 6, "no letter or digit"},
      {"a (b", 2, "no \")\""},
      {"a b)", 3, "no \"(\""},
      {"()", 0, "nothing stands between"},
      {"a ( ) b", 2, "nothing stands between"},
      {"(", 0, "no \")\""},
      {"*", 0, "beginning of a word"},
      {"a -*", 3, "beginning of a word"},
      {"f*o", 1, "beginning or end of a word"},
      {"subject:*x*", 8, "names and addresses only"},
      {"*a-b*", 0, "one word after it"},
      {"**", 0, "one word after it"},
      {"a NEAR", 2, "NEAR needs something after it"},
      {"NEAR a", 0, "NEAR needs something before it"},
      {"a NEAR/0 b", 2, "a number from 1"},
      {"a NEAR/x b", 2, "a number from 1"},
      {"a NEAR/2 b NEAR/3 c", 11, "the same number"},
      {"a NEAR b*", 7, "between single words"},
      {"\"a b\" NEAR c", 0, "between single words"},
      {"from:a NEAR to:b", 12, "in the same field"},
      {"header:a", 0, "the name of a header"},
      {"thread:{a", 7, "no \"}\""},
      {"thread:{}", 7, "nothing stands between the braces"},
      {"kind:x", 5, "mail and file"},
      {"date:2021..2019", 5, "ends before it begins"},
      {"date:2021..x", 11, "no date"},
      {"date:..", 5, "before or after"},
      {"newer_than:7", 11, "no age"},
      {"size:9..1", 5, "ends before it begins"},
      {"a OR", 2, "OR needs something after it"},
      {"OR a", 0, "OR needs something before it"},
      {"a AND OR b", 2, "AND needs something after it"},
      {"(a OR )", 3, "OR needs something after it"},
      {"NOT", 0, "NOT needs something after it"},
      {"a -", 2, "\"-\" needs a word"},
      {"- a", 0, "\"-\" needs a word"},
      {"... b", 0, "no letter or digit"},
      {"\"--\"", 0, "no letter or digit"},
      {"subject:!!!", 8, "no letter or digit"},
      {"from:(a subject:b)", 8, "inside the parentheses of another"},
      {"is:blue", 3, "is: knows unread"},
      {"has:fun", 4, "has: knows attachment"},
      {"in:\"\"", 3, "in: needs"},
      {"before:2023-02-29", 7, "no date"},
      {"before:2023-13", 7, "no date"},
      {"after:someday", 6, "no date"},
      {"after:20230101", 6, "no date"},
      {"after:2023-1-1", 6, "no date"},
      {"larger:big", 7, "no size"},
      {"larger:M", 7, "no size"},
      {"larger:-1", 7, "no size"},
      {"smaller:99999999999999999999G", 8, "no size"},
      {"lang:french", 5, "no language"},
      {"lang:f1", 5, "no language"},
      {"lang:xx", 5, "no language"},
      {"lang:xx-latn", 5, "no language"},
      {"lang:un", 5, "no language"},
      {"in:a*", 3, "for words only"},
  };
  for (const auto& row : rows) {
    const auto query = parse_query(row.text);
    ASSERT_FALSE(query) << row.text << " is read as " << print(*query);
    EXPECT_EQ(query.error().position, row.position) << row.text;
    EXPECT_THAT(query.error().message, testing::HasSubstr(std::string(row.message))) << row.text;
  }
}

TEST(Query, IsWrittenAsText) {
  for (const std::string_view text :
       {"hello", "a b OR -c", "from:(ada OR \"b c\")", "a NEAR/3 b", "*corp* subject:rep*",
        "date:1970..1971 size:1K.. in:inbox is:unread", "thread:{a is:flagged} keyword:$junk",
        "header:x-a:* header:x-b:c", "messageid:<a@b> lang:fr kind:mail NOT (a b)"}) {
    const auto query = parse_query(text, kNow);
    ASSERT_TRUE(query) << text;
    const auto again = parse_query(to_text(*query), kNow);
    ASSERT_TRUE(again) << to_text(*query) << ": " << again.error().message;
    EXPECT_EQ(print(*again), print(*query)) << text;
  }
}

TEST(Query, IsReadFromAFilter) {
  const struct {
    std::string_view json, tree;
  } rows[] = {
      {"{}", "all"},
      {R"({"text":"hello world"})", "(and hello world)"},
      {R"({"from":"ada \"b c\" d*"})", "(and from:ada from:\"b c\" from:d*)"},
      {R"({"subject":"-a OR b"})", "(and subject:-a subject:OR subject:b)"},
      {R"({"inMailbox":"x","hasAttachment":true,"minSize":5,"maxSize":9})",
       "(and attachment in[x] size[,9) size[5,))"},
      {R"({"hasAttachment":false})", "(not attachment)"},
      {R"({"inMailboxOtherThan":["a","b"]})", "other[a b]"},
      {R"({"before":"1970-01-02T00:00:00Z","after":"1970-01-01T00:00:10Z"})",
       "(and date[10,) date[,86400))"},
      {R"({"hasKeyword":"$Seen","notKeyword":"$junk"})",
       "(and keyword[$seen] (not keyword[$junk]))"},
      {R"({"someInThreadHaveKeyword":"a"})", "(thread keyword[a])"},
      {R"({"noneInThreadHaveKeyword":"a"})", "(not (thread keyword[a]))"},
      {R"({"allInThreadHaveKeyword":"a"})", "(not (thread (not keyword[a])))"},
      {R"({"header":["X-A"]})", "header[x-a]"},
      {R"({"header":["X-A",""]})", "header[x-a]"},
      {R"({"header":["X-A","b c"]})", "(and header:x-a:b header:x-a:c)"},
      {R"({"operator":"NOT","conditions":[{"text":"a"},{"text":"b"}]})", "(not (or a b))"},
      {R"({"operator":"AND","conditions":[{"operator":"OR","conditions":[{"to":"a"},{"cc":"b"}]},{"body":"c"}]})",
       "(and (or to:a cc:b) body:c)"},
      {R"({"kind":"file","lang":"fr","type":"pdf","messageId":"<a@b>","threadId":"t"})",
       "(and file lang[fr] messageid[a@b] thread[t] type:pdf)"},
      {R"({"inThread":{"from":"ada"},"query":"x OR y"})", "(and (thread from:ada) (or x y))"},
  };
  for (const auto& row : rows) {
    const auto query = parse_filter(row.json, kNow);
    ASSERT_TRUE(query) << row.json << ": " << query.error().message;
    EXPECT_EQ(print(*query), row.tree) << row.json;
  }
}

TEST(Query, NamesMistakesOfAFilter) {
  const struct {
    std::string_view json, message;
  } rows[] = {
      {"", "no JSON: line 1, byte 1"},
      {"{\n  \"from\": ada}", "no JSON: line 2, byte 11"},
      {R"({"minSize":1e999})", "a number that is too large"},
      {R"({"from":"a","from":"b"})", "the member \"from\" twice"},
      {R"({"inThread":{"to":"a","to":"a"}})", "the member \"to\" twice"},
      {"[]", "must be an object"},
      {R"({"fro":"x"})", "unknown condition \"fro\""},
      {R"({"from":1})", "\"from\" must be a string"},
      {R"({"operator":"XOR","conditions":[{}]})", "AND, OR or NOT"},
      {R"({"operator":"XOR","conditions":[]})", "AND, OR or NOT"},
      {R"({"operator":"AND"})", "\"conditions\" must be a list"},
      {R"({"operator":"AND","conditions":[]})", "at least one"},
      {R"({"operator":"AND","conditions":[{}],"from":"x"})", "beside \"operator\""},
      {R"({"before":"yesterday"})", "must be a date"},
      {R"({"minSize":-1})", "number of octets"},
      {R"({"hasAttachment":"yes"})", "true or false"},
      {R"({"header":[]})", "[name] or [name, text]"},
      {R"({"query":"b (a"})", "\"query\": there is no \")\" for this \"(\" (position 2 of it)"},
      {R"({"text":"..."})", "\"text\": \"...\" holds no letter or digit"},
      {R"({"header":["x-a","..."]})", "\"header\": \"...\" holds no letter or digit"},
      {R"({"lang":"xx"})", "\"lang\": \"xx\" is no language"},
      {R"({"kind":1})", "\"kind\" must be a string"},
  };
  for (const auto& row : rows) {
    const auto query = parse_filter(row.json, kNow);
    ASSERT_FALSE(query) << row.json << " is read as " << print(*query);
    EXPECT_THAT(query.error().message, testing::HasSubstr(std::string(row.message))) << row.json;
  }
}

std::string repeated(std::string_view unit, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += unit;
  return text;
}

TEST(Query, AWordThatIsTooLongToBeIndexedIsSaidToBe) {
  const std::string longest(kMaxWordBytes, 'a');
  EXPECT_TRUE(parse_query(longest));
  for (const std::string& text : {longest + "a", longest + "a*", repeated("aB3/", 16)}) {
    const auto query = parse_query(text);
    ASSERT_FALSE(query) << text;
    EXPECT_THAT(query.error().message, testing::HasSubstr("more than 64 bytes"));
  }
}

TEST(Query, IsBounded) {
  EXPECT_FALSE(parse_query(std::string(kMaxQueryBytes + 1, 'a')));
  EXPECT_FALSE(parse_query(repeated("(", 4'000)));
  EXPECT_FALSE(parse_query(repeated("-", 4'000) + "a"));
  EXPECT_FALSE(parse_query(repeated("NOT ", 1'000) + "a"));
  EXPECT_FALSE(parse_query(repeated("a ", 1'000)));
  EXPECT_FALSE(parse_query("\"" + repeated("a ", 1'000) + "\""));
  EXPECT_FALSE(parse_query(repeated("a* ", 100)));
  for (const std::size_t levels : {50U, 51U}) {
    const bool is_read = levels == 50;
    EXPECT_EQ(bool(parse_query(repeated("(", levels) + "a" + repeated(")", levels))), is_read);
    EXPECT_EQ(bool(parse_query(repeated("NOT ", levels) + "a")), is_read);
    EXPECT_EQ(bool(parse_query("(thread:{" + repeated("-", levels - 2) + "a})")), is_read);
    EXPECT_EQ(bool(parse_filter(repeated(R"({"operator":"NOT","conditions":[)", levels) +
                                R"({"inMailboxOtherThan":["x"]})" + repeated("]}", levels))),
              is_read);
  }
  EXPECT_TRUE(parse_query(repeated("a ", kMaxQueryWords)));
  EXPECT_FALSE(parse_query(repeated("thread:{a} ", kMaxQueryThreads + 1)));
  EXPECT_FALSE(parse_query(repeated("thread:{", 400)));
  EXPECT_FALSE(parse_filter(repeated("[", 50'000)));
  EXPECT_FALSE(parse_filter(repeated(R"({"inThread":)", 200) + "{}" + repeated("}", 200)));
  EXPECT_FALSE(
      parse_filter(R"({"operator":"AND","conditions":[)" + repeated("{},", 2'000) + "{}]}"));
}

}  // namespace
}  // namespace indexer
