#include "mail/flowed.hpp"

#include <gtest/gtest.h>

namespace mail {
namespace {

TEST(Flowed, ParagraphsAreJoined) {
  struct Case {
    std::string text;
    bool delete_space;
    std::string expected;
  };
  const Case cases[] = {
      {"one \ntwo\nthree\n", false, "one two\nthree\n"},
      {"one \ntwo\n\nthree", false, "one two\n\nthree"},
      {"one \n\nthree", false, "one \nthree"},  // the empty line is the end of the paragraph
      {"> one \n> two\n>> deeper \n>> still\nown\n", false, "> one two\n>> deeper still\nown\n"},
      {"> one \nown\n", false, "> one \nown\n"},  // another depth ends a paragraph
      {" From here\n >no quote\n", false, "From here\n>no quote\n"},  // space-stuffing
      {"text \n-- \nAda\n", false, "text \n-- \nAda\n"},
      {"> text\n> -- \n> Ada\n", false, "> text\n> -- \n> Ada\n"},
      {"\xE4\xBD\xA0 \n\xE5\xA5\xBD\n", true, "\xE4\xBD\xA0\xE5\xA5\xBD\n"},
      {"two  \nwords\n", true, "two words\n"},
      {"", false, ""},
      {"\n\n", false, "\n\n"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(join_flowed_lines(c.text, c.delete_space), c.expected) << c.text;
}

}  // namespace
}  // namespace mail
