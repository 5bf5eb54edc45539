#include "mail/charset.hpp"

#include <gtest/gtest.h>

namespace mail {
namespace {

TEST(Charset, ToUtf8) {
  struct Case {
    std::string bytes, charset, expected;
  };
  const Case cases[] = {
      {"plain", "", "plain"},
      {"plain", "no-such-charset", "plain"},
      {"\xE4\x80\x81", "iso-8859-1", "\xE4\x80\x81"},  // valid UTF-8 wins over a Latin label
      {"\xE4 \x80", "us-ascii", "\xC3\xA4 \xE2\x82\xAC"},
      {"\xE4 \x80", "ISO_8859-1", "\xC3\xA4 \xE2\x82\xAC"},
      {"\xE4", "no-such-charset", "\xC3\xA4"},
      {"\xE4", "../../etc/passwd", "\xC3\xA4"},
      {"\xC3\xA4", "no-such-charset", "\xC3\xA4"},
      {"caf\xE9", "utf-8", "caf\xC3\xA9"},  // Latin that says it is UTF-8
      {"\xC3\xA4\xC3\xB6 \xE2\x82", "utf-8",
       "\xC3\xA4\xC3\xB6 \xEF\xBF\xBD"},  // UTF-8 that was cut
      {"\xF0\xD2\xC9", "koi8-r", "\xD0\x9F\xD1\x80\xD0\xB8"},
      {"\xC4\xE3", "gb2312", "\xE4\xBD\xA0"},
      {"\xC4\xE3\x81\x30\x84\x32", "GBK", "\xE4\xBD\xA0\xC2\xA0"},
      {"\x82\xA0", "Shift_JIS", "\xE3\x81\x82"},
      {"\xB0\xA1", "ks_c_5601-1987", "\xEA\xB0\x80"},
      {"\x1B$B$\"\x1B(B", "iso-2022-jp", "\xE3\x81\x82"},
      // Rows that NEC and IBM added, half-width katakana, a line that does not switch back, a byte too few, a stray one.
      {"\x1B$B-!-j\x1B(B!", "ISO-2022-JP", "\xE2\x91\xA0\xE3\x88\xB1!"},
      {"a \x1B(I1\x1B(B", "iso-2022-jp", "a \xEF\xBD\xB1"},
      {"\x1B$B$\"\nb", "iso-2022-jp", "\xE3\x81\x82\nb"},
      {"\x1B$B$\"$", "iso-2022-jp", "\xE3\x81\x82\xEF\xBF\xBD"},
      {"\x1B$B$\"\x7F\x7F\x1B(Bb", "iso-2022-jp",
       "\xE3\x81\x82\xEF\xBF\xBD\xEF\xBF\xBD"
       "b"},
      {"\x1B$A0!\x1B$B$\"", "iso-2022-jp-2", "\xE5\x95\x8A\xE3\x81\x82"},
      // Their last letter may be joined by what follows.
      {"\xF9\xEC\xE5\xED", "windows-1255", "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D"},
      {"a\xE0", "windows-1258", "a\xC3\xA0"},
      {"+AOQ-", "utf-7", "\xC3\xA4"},
      {std::string("a\0\xE4\0", 4), "utf-16le", "a\xC3\xA4"},
      {"\xC4\xE3\xFF", "gb2312", "\xE4\xBD\xA0\xEF\xBF\xBD"},
      {"\xE4\xBD\xA0\xE5\xA5\xBD\xEF\xBC\x8C", "euc-jp", "\xE4\xBD\xA0\xE5\xA5\xBD\xEF\xBC\x8C"},
      {std::string("a\0b", 3), "us-ascii", "a b"},
      {std::string("\xE4\0", 2), "us-ascii", "\xC3\xA4 "},
  };
  for (const auto& c : cases)
    EXPECT_EQ(to_utf8(c.bytes, c.charset), c.expected)
        << c.charset << " " << testing::PrintToString(c.bytes);
}

}  // namespace
}  // namespace mail
