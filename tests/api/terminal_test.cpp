#include "api/terminal.hpp"

#include <gtest/gtest.h>

namespace {

TEST(ForTerminal, DropsWhatSteersIt) {
  const struct {
    std::string text, shown;
  } rows[] = {
      {"plain", "plain"},
      {"\x1b[2Jgone", "[2Jgone"},
      {"a\nb\tc\rd", "a b cd"},
      {"\xc2\x9b"
       "31mred",
       "31mred"},
      {"\xe2\x80\xae"
       "gnp.exe",
       "gnp.exe"},
      {"caf\xc3\xa9 \xff", "café \xef\xbf\xbd"},
      {"\x7f\x07", ""},
  };
  for (const auto& row : rows) EXPECT_EQ(api::for_terminal(row.text), row.shown) << row.text;
  EXPECT_EQ(api::lines_for_terminal("a\r\nb\x1b\n"), "a\nb\n");
}

TEST(Fit, IsAsWideAsAsked) {
  const struct {
    std::string text;
    std::size_t columns;
    std::string shown;
  } rows[] = {
      {"abc", 5, "abc  "},     {"abcdef", 4, "abc…"},  {"abcd", 4, "abcd"},   {"", 2, "  "},
      {"日本語", 6, "日本語"}, {"日本語", 5, "日本…"}, {"日本語", 4, "日… "}, {"é", 1, "é"},
  };
  for (const auto& row : rows)
    EXPECT_EQ(api::fit(row.text, row.columns), row.shown) << row.text << " " << row.columns;
}

TEST(SnippetText, IsTextAgain) {
  EXPECT_EQ(api::snippet_text("a &lt;b&gt; <mark>c</mark> &amp;amp; &quot;d&#39;", false),
            "a <b> c &amp; \"d'");
  EXPECT_EQ(api::snippet_text("<mark>c</mark>", true), "\x1b[1mc\x1b[0m");
}

TEST(Words, AreShort) {
  EXPECT_EQ(api::in_words(std::chrono::milliseconds(1'250)), "1.2 s");
  EXPECT_EQ(api::in_words(std::chrono::seconds(125)), "2 min 5 s");
  EXPECT_EQ(api::in_words(std::chrono::seconds(7'500)), "2 h 5 min");
  EXPECT_EQ(api::bytes_in_words(999), "999 B");
  EXPECT_EQ(api::bytes_in_words(1'250'000), "1.2 MB");
}

}  // namespace
