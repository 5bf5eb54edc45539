#include "mail/html.hpp"

#include <ctime>
#include <gtest/gtest.h>

#include "tests/mail/repeated.hpp"

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
      {"caf&eacute ok &copy 2003 &euro x", "caf\xC3\xA9 ok \xC2\xA9 2003 &euro x"},
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
      {"<div style='display:nonexistent'>a</div>", "a"},
      {"<td style=display:none>x<td>y", "y"},
      {"a<span style='font-size:0'>x<b>y</b></span>b", "ab"},
      {"<td style='font-size:0px'><div style='font-size:13px'>a</div>x</td>", "a"},
      {"<div style='font-size:0.9em;opacity:0.5'>a</div>", "a"},
      {"<div style='font:0/0 a'>x</div><div style='font-size:1px;color:#fff'>y</div>a", "a"},
      {"<div style='max-height:0px; overflow:hidden'>x</div><div style='max-height:0'>a</div>",
       "a"},
      {"<div style='opacity:0'>x</div><div style='display&#58;none'>y</div>a", "a"},
      {"<span style='mso-hide:all'>x</span><a style='mso-hide:all'>Button</a>", "Button"},
      {"<div style='display:none !important'>x</div>a", "a"},
      {"<template>x</template><noscript>y</noscript><svg><text>z</text></svg>w", "w"},
      {"<img src='http://x/y' alt='A logo'> <img>", "A logo"},
      {"<a><img alt=One></a><a><img alt=Two></a>three", "One Two three"},
      {"<img alt=O>nce", "Once"},
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

TEST(Html, QuotationsAreMarked) {
  struct Case {
    std::string html, expected;
  };
  const Case cases[] = {
      {"a<blockquote>b<br>c<p>d</p></blockquote>e", "a\n\n> b\n> c\n\n> d\n\ne"},
      {"<blockquote type=cite>a<blockquote class=gmail_quote>b</blockquote>c</blockquote>",
       "> a\n\n> > b\n\n> c"},
      {"<blockquote style='margin:0 0 0 40px;border:none;padding:0'>a</blockquote>b", "a\n\nb"},
      {"<blockquote class=gmail_quote style='border:none'>a</blockquote>", "> a"},
      {"<blockquote><pre>a\n  b</pre></blockquote>", "> a\n>   b"},
      {"<blockquote><blockquote><blockquote><blockquote><blockquote><blockquote>a", "> > > > > a"},
      {"<blockquote hidden>a</blockquote>b", "b"},
      {"<blockquote></blockquote>a", "a"},
  };
  for (const auto& c : cases) EXPECT_EQ(html_to_text(c.html), c.expected) << c.html;
}

TEST(Html, CharsetThatItNames) {
  struct Case {
    std::string html, expected;
  };
  const Case cases[] = {
      {"", ""},
      {"<p>charset=koi8-r", ""},
      {"<meta charset=KOI8-R>", "koi8-r"},
      {"<META http-equiv='Content-Type' content=\"text/html; Charset = 'ISO-8859-2'\">",
       "iso-8859-2"},
      {"<!-- <meta charset=a> --><title><meta charset=b></title><meta name=x><meta charset=c>",
       "c"},
      {"<?xml version=\"1.0\" encoding=\"ISO-8859-15\"?><html>", "iso-8859-15"},
      {"\xEF\xBB\xBF<meta charset=koi8-r>", "utf-8"},
      {"\xFF\xFE<", "utf-16le"},
      {"\xFE\xFF", "utf-16be"},
      {"<meta charset=utf-16le>", "utf-8"},
      {"<meta charset", ""},
      {"<meta content='charset'><meta content='charset='>", ""},
      {std::string(5'000, ' ') + "<meta charset=a>", ""},
  };
  for (const auto& c : cases) EXPECT_EQ(html_charset(c.html), c.expected) << c.html;
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
      repeated("<blockquote>a<br>", kBytes),
      "<p style='" + repeated("color:rgb(1);", kBytes) + "'>",
      "<p style='color:" + repeated("rgb(1)", kBytes) + "'>",
      "<p style='color:" + repeated("rgb(", kBytes) + "'>",
      "<p style='color:" + repeated("-a", kBytes) + "'>",
      "<p style='" + repeated("font-size:0;", kBytes) + "'>",
      "<img src='cid:" + repeated("%", kBytes) + "'>",
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
