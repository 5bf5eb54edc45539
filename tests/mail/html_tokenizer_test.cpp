#include "mail/html_tokenizer.hpp"

#include <gtest/gtest.h>

namespace mail {
namespace {

// "text|<name a=b>|</name>"
std::string tokens_of(std::string_view html) {
  using Kind = HtmlTokenizer::Kind;
  HtmlTokenizer tokens(html);
  std::string out;
  for (auto kind = tokens.next(); kind != Kind::kEnd; kind = tokens.next()) {
    if (!out.empty()) out += '|';
    if (kind == Kind::kText) {
      out += tokens.text();
      continue;
    }
    out.append(kind == Kind::kClose ? "</" : "<").append(tokens.name());
    for (const auto& attribute : tokens.attributes()) out.append(" ").append(attribute.name).append("=").append(attribute.value);
    out += '>';
  }
  return out;
}

TEST(HtmlTokenizer, TagsAndTexts) {
  struct Case {
    std::string_view html, expected;
  };
  const Case cases[] = {
      {"a<B>c</B>", "a|<b>|c|</b>"},
      {"<a x=1 y='2 3' Z=\"4>5\" w>", "<a x=1 y=2 3 Z=4>5 w=>"},
      {"<a x = 1/><br/>", "<a x=1/>|<br>"},
      {"<a/b/c>", "<a b= c=>"},
      {"<a =x>", "<a =x=>"},
      {"<a x=>b", "<a x=>|b"},
      {"a<!doctype html>b", "a|b"},
      {"a</>b</ c>d", "a|b|d"},
      {"a<", "a<"},
      {"a< b<1<<c>", "a< b<1<|<c>"},
      {"a<b x", "a"},
      {"<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa>", "<aaaaaaaaaaaaaaaa>"},
  };
  for (const auto& c : cases) EXPECT_EQ(tokens_of(c.html), c.expected) << c.html;
}

TEST(HtmlTokenizer, TheFirstAttributeOfANameCounts) {
  HtmlTokenizer tokens("<a HREF=x href=y>");
  ASSERT_EQ(tokens.next(), HtmlTokenizer::Kind::kOpen);
  EXPECT_EQ(tokens.attribute("href"), "x");
  EXPECT_EQ(tokens.attribute("src"), std::nullopt);
}

}  // namespace
}  // namespace mail
