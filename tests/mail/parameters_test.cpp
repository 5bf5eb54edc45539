#include "mail/parameters.hpp"

#include <ctime>
#include <gtest/gtest.h>

namespace mail {
namespace {

std::string written(const ParameterizedValue& value) {
  std::string out = value.value;
  for (const auto& [name, text] : value.parameters) out += "; " + name + "=" + text;
  return out;
}

TEST(Parameters, AsTheyAreWritten) {
  struct Case {
    std::string line, expected;
  };
  const Case cases[] = {
      {"Text/PLAIN; Charset=UTF-8", "text/plain; charset=UTF-8"},
      {" text / plain (a comment) ; charset = \"us-ascii\" (Plain text)",
       "text/plain; charset=us-ascii"},
      {"text/plain; charset=us-ascii (Plain text)", "text/plain; charset=us-ascii"},
      {"multipart/mixed; boundary=\"a b\\\"c\"", "multipart/mixed; boundary=a b\"c"},
      {"multipart/mixed; boundary=\"=?utf-8?Q?x?=\"", "multipart/mixed; boundary==?utf-8?Q?x?="},
      {"inline", "inline"},
      {"attachment;; filename=a;", "attachment; filename=a"},
      // RFC 2231: percent encoding, continuations, both.
      {"attachment; filename*=utf-8'de'%C3%A4.txt", "attachment; filename=\xC3\xA4.txt"},
      {"attachment; filename*=iso-8859-1''%E4.txt", "attachment; filename=\xC3\xA4.txt"},
      {"attachment; filename*0=a; filename*1=b", "attachment; filename=ab"},
      {"attachment; filename*1=b; filename*0=a", "attachment; filename=ab"},
      {"x; t*0*=us-ascii'en'This%20is%20; t*1*=%2A; t*2=\"isn't it!\"", "x; t=This is *isn't it!"},
      {"x; t*0*=utf-8''%C3; t*1*=%A4", "x; t=\xC3\xA4"},
      {"x; t=plain; t*=utf-8''better", "x; t=better"},
      {"x; t*=utf-8''better; t=plain", "x; t=better"},
      {"x; t*=no quotes%20here", "x; t=no quotes here"},
      // What programs write instead.
      {"attachment; filename=\"=?utf-8?B?w6Q=?=.txt\"", "attachment; filename=\xC3\xA4.txt"},
      {"attachment; filename==?utf-8?Q?=C3=A4?=", "attachment; filename=\xC3\xA4"},
      {"attachment; filename=my file (1).txt", "attachment; filename=my file (1).txt"},
      {"attachment; filename=\"not closed", "attachment; filename=not closed"},
      {"a/b; access-type=mail-server server=\"x\"", "a/b; access-type=mail-server; server=x"},
      {"a/b charset=utf-8", "a/b; charset=utf-8"},
      {"a/b; name=first; name=second", "a/b; name=first"},
      {"a/b; = ;=x;*=y; name", "a/b"},
      {"", ""},
  };
  for (const auto& c : cases) EXPECT_EQ(written(read_parameters(c.line)), c.expected) << c.line;
}

TEST(Parameters, TakeLinearTime) {
  for (const std::string_view unit : {"(", "\"", ";", " a=", "=", "a*1*=%", " ", "a b", "\\"}) {
    std::string line = "a/b; ";
    while (line.size() < 200'000) line += unit;
    const auto begin = std::clock();
    static_cast<void>(read_parameters(line));
    EXPECT_LT((std::clock() - begin) / CLOCKS_PER_SEC, 3) << unit;
  }
}

}  // namespace
}  // namespace mail
