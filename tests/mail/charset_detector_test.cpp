#include "mail/charset_detector.hpp"

#include <gtest/gtest.h>

#include "mail/charset.hpp"

namespace mail {
namespace {

TEST(CharsetDetector, Marks) {
  struct Case {
    std::string bytes, expected;
  };
  const Case cases[] = {
      {"plain", "ASCII"},
      {"", "ASCII"},
      {"\xEF\xBB\xBFx", "UTF-8"},
      {"\xC3\xA4", "UTF-8"},
      {std::string("\xFF\xFE"
                   "a\0",
                   4),
       "UTF-16"},
      {std::string("a\0b\0c\0d\0e\0f\0g\0h\0i\0", 18), "UTF-16LE"},
      {std::string("\0a\0b\0c\0d\0e\0f\0g\0h\0i", 18), "UTF-16BE"},
      {"\x1B$B$\"\x1B(B", "ISO-2022-JP"},
      {"\x1B$)C\x0E!!\x0F", "ISO-2022-KR"},
      {"~{VPND~}", "HZ"},
      {"caf\xE9", ""},  // too little to tell
  };
  for (const auto& c : cases) EXPECT_EQ(detect_charset(c.bytes), c.expected) << c.bytes;
}

std::string twenty_times(std::string_view text) {
  std::string out;
  for (int i = 0; i < 20; ++i) out += text;
  return out;
}

// "Hello world, how are you" and the like.
TEST(CharsetDetector, TextWithoutALabelIsRead) {
  const std::string russian =
      twenty_times("\xCF\xF0\xE8\xE2\xE5\xF2 \xEC\xE8\xF0, \xEA\xE0\xEA \xE4\xE5\xEB\xE0. ");
  EXPECT_EQ(to_utf8(russian, "").substr(0, 12), "\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82");
  EXPECT_EQ(to_utf8(russian, "us-ascii"), to_utf8(russian, "windows-1251"));
  EXPECT_EQ(to_utf8(russian, "iso-8859-1"), to_utf8(russian, "windows-1251"));
  EXPECT_EQ(to_utf8(russian, "x-unknown"), to_utf8(russian, "windows-1251"));
  EXPECT_EQ(to_utf8(russian, "utf-8"), to_utf8(russian, "windows-1251"));
  const std::string japanese =
      twenty_times("\x82\xB1\x82\xF1\x82\xC9\x82\xBF\x82\xCD\x90\xA2\x8A\x45\x81\x42");
  EXPECT_EQ(to_utf8(japanese, ""), to_utf8(japanese, "shift_jis"));
  EXPECT_EQ(to_utf8("\x1B$B$\"\x1B(B", ""), "\xE3\x81\x82");
  EXPECT_EQ(to_utf8("~{VPND~} ~~", "hz-gb-2312"), "\xE4\xB8\xAD\xE6\x96\x87 ~");
}

}  // namespace
}  // namespace mail
