#include "mail/html.hpp"

#include <ctime>
#include <gtest/gtest.h>

namespace mail {
namespace {

TEST(Html, ToText) {
  struct Case {
    std::string html, expected;
  };
  const Case cases[] = {
      {"", ""},
      {"no HTML at all", "no HTML at all"},
      {"<p>Hello <b>wor</b>ld</p>", "Hello world"},
      {"<p>one</p><p>two</p>", "one\n\ntwo"},
      {"<div>one</div><div>two</div>three<br>four<br><br>five", "one\ntwo\nthree\nfour\n\nfive"},
      {"<table><tr><td>a</td><td>b</td></tr><tr><td>c<td>d</table>e", "a b\nc d\n\ne"},
      {"<ul><li>a<li>b</ul>", "a\nb"},
      {"a\n \t b&nbsp;&nbsp;c\xC2\xA0"
       "d\xC2\xA9",
       "a b c d\xC2\xA9"},
      {"<pre>a\n  b</pre>", "a\n  b"},
      {"&amp;&lt;&gt;&quot;&apos;&eacute;&euro;&#233;&#xE9;&#146;&#x1F600;",
       "&<>\"'\xC3\xA9\xE2\x82\xAC\xC3\xA9\xC3\xA9\xE2\x80\x99\xF0\x9F\x98\x80"},
      {"&amp &unknown; &copy=1 &#; &#x; &#0; &#xD800; &#99999999999; &",
       "& &unknown; &copy=1 &#; &#x; \xEF\xBF\xBD \xEF\xBF\xBD \xEF\xBF\xBD &"},
      {"<html><head><title>T</title><style>p{}</style><script>x<p>y</script></head><body>b</body></"
       "html>",
       "b"},
      {"<SCRIPT>a</scripty>b</SCRIPT >c", "c"},
      {"<style>never closed <p>text", ""},
      {"a<!-- b --><!----><!--> c <!-->d<!--[if mso]>e<![endif]--><![if !mso]>f<![endif]><?xml "
       "g?>h",
       "a c dfh"},
      {"a<!-- never closed <p>b", "a"},
      {"a<!-- x --!>b<!-- y -- z -->c", "abc"},
      {"<div style='color:red; DISPLAY : none'>x<p>y</p></div>z", "z"},
      {"<span hidden>x</span>y<p hidden>z<p>w", "y\n\nw"},
      {"<div style=\"visibility:hidden\">x</div>y", "y"},
      {"<div style='display:nonexistent'></div>", ""},
      {"<td style=display:none>x<td>y", "y"},
      {"<template>x</template><noscript>y</noscript><svg><text>z</text></svg>w", "w"},
      {"<img src='http://x/y' alt='A logo'> <img>", "A logo"},
      {"1 < 2 and 3 <4> 5", "1 < 2 and 3 <4> 5"},
      {"write to <ada@example.org> now", "write to <ada@example.org> now"},
      {"a<b", "a"},
      {"<a href='x>y", ""},
      {"<p title=\"a>b\" x=1>c", "c"},
      {"<o:p>a</o:p><unknown>b", "ab"},
      {"</div></p>a</b>", "a"},
      {"<b><table><tr><td></b></div>a</table>b", "a\n\nb"},
      {"<button>a</button><button>b</button>", "a b"},
  };
  for (const auto& c : cases) EXPECT_EQ(html_to_text(c.html), c.expected) << c.html;
}

std::string repeated(std::string_view unit, std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += unit;
  return out;
}

// A quadratic algorithm would need minutes.
TEST(Html, HostileInputTakesLinearTime) {
  constexpr std::size_t kBytes = 512 << 10;
  std::string attributes = "<a";
  for (int i = 0; attributes.size() < kBytes; ++i) attributes += " x" + std::to_string(i) + "=y";
  const std::string inputs[] = {
      repeated("<", kBytes),
      repeated("<div>", kBytes),
      repeated("<!--", kBytes),
      repeated("<a href='", kBytes),
      repeated("</b>", kBytes),
      repeated("<b>", kBytes / 2) + repeated("</i>", kBytes / 2),
      repeated("<p><font>", kBytes),
      repeated("<td>", kBytes),
      repeated("<script>", kBytes),
      repeated("</script", kBytes),
      repeated("<script></", kBytes),
      repeated("&", kBytes),
      repeated("&aaaaaaaaaa", kBytes),
      repeated("&#9", kBytes),
      repeated("<!", kBytes),
      repeated("<!--->", kBytes),
      repeated("--", kBytes),
      repeated("<!-- --", kBytes),
      repeated("<x ", kBytes),
      repeated("<ul><li>", kBytes),
      repeated("<table><tr><td>", kBytes),
      repeated("<a style='display:", kBytes),
      "<!--" + repeated("--", kBytes),
      "<!--" + repeated("--!", kBytes),
      attributes,
      attributes + ">",
  };
  for (const auto& input : inputs) {
    const auto begin = std::clock();  // of this process: the machine may be busy
    static_cast<void>(html_to_text(input));
    static_cast<void>(sanitize_html(input));
    EXPECT_LT((std::clock() - begin) / CLOCKS_PER_SEC, 5) << input.substr(0, 40);
  }
}

TEST(Html, AnyBytesAreTaken) {
  std::string bytes;
  std::uint32_t state = 1;
  for (int i = 0; i < 200'000; ++i) {
    state = state * 1664525 + 1013904223;
    bytes += "<>/!-='\"& \xC2;#xabdtr\n"[(state >> 16) % 20];
  }
  for (std::size_t at = 0; at < bytes.size(); at += 100) {
    static_cast<void>(html_to_text(std::string(bytes.substr(at, 100))));
    static_cast<void>(sanitize_html(std::string(bytes.substr(at, 100))));
  }
}

}  // namespace
}  // namespace mail
