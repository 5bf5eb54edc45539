#include "mail/text.hpp"

#include <gtest/gtest.h>

namespace mail {
namespace {

TEST(Text, BytesBecomeUtf8) {
  struct Case {
    std::string bytes, expected;
  };
  const Case cases[] = {
      {"", ""},
      {"plain", "plain"},
      {"caf\xC3\xA9 \xF0\x9F\x98\x80", "caf\xC3\xA9 \xF0\x9F\x98\x80"},
      {"a\xFF"
       "b",
       "a\xEF\xBF\xBD"
       "b"},
      {"caf\xE9", "caf\xEF\xBF\xBD"},
      {"cut \xE2\x82", "cut \xEF\xBF\xBD"},
      {"cut \xE2\x82 on", "cut \xEF\xBF\xBD on"},
      {"\xED\xA0\x80", "\xEF\xBF\xBD"},
      {"\xC0\x80!", "\xEF\xBF\xBD\xEF\xBF\xBD!"},
      {std::string("a\0b\0", 4), "a b "},
      {std::string("\0\xFF", 2), " \xEF\xBF\xBD"},
      {"\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(to_valid_utf8(c.bytes), c.expected) << testing::PrintToString(c.bytes);
}

TEST(Text, FirstCharactersCutsBetweenCharacters) {
  EXPECT_EQ(first_characters("abc", 2), "ab");
  EXPECT_EQ(first_characters("abc", 3), "abc");
  EXPECT_EQ(first_characters("\xC3\xA9\xC3\xA9\xC3\xA9", 2), "\xC3\xA9\xC3\xA9");
  EXPECT_EQ(first_characters("\xF0\x9F\x98\x80x", 1), "\xF0\x9F\x98\x80");
  EXPECT_EQ(first_characters("abc", 0), "");
}

TEST(Text, BlanksInvisibleCharactersAndPlacesOfImagesAreNoContent) {
  for (const auto* text :
       {"", " \t\r\n\f\v", "\u00A0\n", "\u200B\u200C\uFEFF", "\u2028", "\u034F \u00AD",
        "[cid:image001.png@01D0]\n", "[cid:", "[cid:a] [cid:b]"})
    EXPECT_FALSE(has_content(text)) << text;
  for (const auto* text : {"x", " .", "[cid:a] x", "\u00A0\u3042", "[x]", "\xFF"})
    EXPECT_TRUE(has_content(text)) << text;
}

}  // namespace
}  // namespace mail
