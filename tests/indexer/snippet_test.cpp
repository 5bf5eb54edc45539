#include "indexer/snippet.hpp"

#include <ctime>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace indexer {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string cut(std::string_view text, std::string_view query, std::size_t max_bytes = 200,
                Field field = Field::kBody) {
  const auto parsed = parse_query(query);
  EXPECT_TRUE(parsed) << query;
  return snippet(text, *parsed, field, {"en"}, max_bytes);
}

TEST(Snippet, MarksWhatTheQueryWants) {
  const struct {
    std::string_view text, query, html;
  } rows[] = {
      {"", "a", ""},
      {"nothing here.", "word", "nothing here."},
      {"One word.", "word", "One <mark>word</mark>."},
      {"WORD Word", "word", "<mark>WORD</mark> <mark>Word</mark>"},
      {"Reports reported", "report", "<mark>Reports</mark> <mark>reported</mark>"},
      {"Reports report", "\"report\"", "Reports <mark>report</mark>"},
      {"reporting rep", "repo*", "<mark>reporting</mark> rep"},
      {"the big red dog, big dog", "\"big dog\"", "the big red dog, <mark>big dog</mark>"},
      {"a b a b a", "\"a b a\"", "<mark>a b a b a</mark>"},
      {"to ada@example.org now", "ada@example.org", "to <mark>ada@example.org</mark> now"},
      {"hello wor world", "\"hello wor\"*", "<mark>hello wor</mark> world"},
      {"\u65e5\u672c\u8a9e\u306e\u672c", "\u672c\u8a9e",
       "\u65e5<mark>\u672c\u8a9e</mark>\u306e\u672c"},
      {"a <b> & \"c\" 'd'", "b", "a &lt;<mark>b</mark>&gt; &amp; &quot;c&quot; &#39;d&#39;"},
      {"a\r\n\r\n  b\tc", "c", "a b <mark>c</mark>"},
      {"alpha beta", "alpha -beta", "<mark>alpha</mark> beta"},
      {"alpha beta", "from:alpha body:beta", "alpha <mark>beta</mark>"},
      {"alpha beta gamma", "alpha OR (gamma is:unread)",
       "<mark>alpha</mark> beta <mark>gamma</mark>"},
      {"caf\u00e9", "cafe\u0301", "<mark>caf\u00e9</mark>"},
  };
  for (const auto& row : rows)
    EXPECT_EQ(cut(row.text, row.query), row.html) << row.text << " / " << row.query;
}

TEST(Snippet, CutsBetweenWords) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "filler ";
  const auto begin = cut(text + "needle", "absent", 50);
  EXPECT_EQ(begin, "filler filler filler filler filler filler filler\u2026");
  const auto middle = cut(text + "the needle there " + text, "needle", 50);
  EXPECT_THAT(middle, StartsWith("\u2026filler "));
  EXPECT_THAT(middle, HasSubstr(" the <mark>needle</mark> there filler"));
  EXPECT_THAT(middle, EndsWith("filler\u2026"));
  EXPECT_LE(middle.size(), 50 + std::string_view("<mark></mark>\u2026\u2026").size());
  const auto end = cut(text + "the needle.", "needle", 50);
  EXPECT_THAT(end, EndsWith(" filler the <mark>needle</mark>."));
}

TEST(Snippet, ShowsTheDensestCluster) {
  std::string filler;
  for (int i = 0; i < 100; ++i) filler += "filler ";
  const auto text = "alpha alpha alpha " + filler + "alpha and beta " + filler + "beta";
  EXPECT_THAT(cut(text, "alpha beta", 60), HasSubstr("<mark>alpha</mark> and <mark>beta</mark>"));
}

TEST(Snippet, KeepsCharactersWhole) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "\u65e5\u672c";
  for (std::size_t bytes = 0; bytes < 20; ++bytes) {
    for (const auto* query : {"x", "\u672c"}) {
      auto html = cut(text, query, bytes);
      for (const std::string part : {"\u65e5", "\u672c", "\u2026", "<mark>", "</mark>"}) {
        for (auto at = html.find(part); at != std::string::npos; at = html.find(part))
          html.erase(at, part.size());
      }
      EXPECT_EQ(html, "") << bytes << query;
    }
  }
  EXPECT_EQ(cut(std::string(400, '-'), "x", 10), "----------\u2026");
}

TEST(Snippet, IsLinear) {
  std::string text;
  while (text.size() < 5'000'000) text += "a ";
  std::string phrase = "\"";
  for (int i = 0; i < 200; ++i) phrase += "a ";
  const auto start = std::clock();
  EXPECT_THAT(cut(text, phrase + "b\" a*"), HasSubstr("<mark>a</mark>"));
  EXPECT_THAT(cut(text, phrase + "\""), HasSubstr("<mark>a a"));
  EXPECT_LT(std::clock() - start, 10 * CLOCKS_PER_SEC);
}

}  // namespace
}  // namespace indexer
