#include "mail/mime.hpp"

#include <gtest/gtest.h>

namespace mail {
namespace {

TEST(Mime, Fields) {
  const auto entity = read_entity("A: 1\r\nB:2\r\n 3\r\n\t4\r\nc : 5\r\n\r\nbody\r\n");
  ASSERT_EQ(entity.fields.size(), 3U);
  EXPECT_EQ(entity.fields[0].name, "A");
  EXPECT_EQ(entity.fields[0].value, " 1");
  EXPECT_EQ(entity.fields[1].value, "2\r\n 3\r\n\t4");
  EXPECT_EQ(entity.find("C"), " 5");
  EXPECT_EQ(entity.find("D"), "");
  EXPECT_EQ(entity.body, "body\r\n");
}

TEST(Mime, FieldsHaveALimit) {
  std::string raw;
  for (std::size_t i = 0; i <= Entity::kMaxFields; ++i) raw += "a:b\n";
  raw += "\nbody";
  const auto entity = read_entity(raw);
  EXPECT_EQ(entity.fields.size(), Entity::kMaxFields);
  EXPECT_TRUE(entity.fields_cut);
  EXPECT_EQ(entity.body, "body");
}

TEST(Mime, Parts) {
  using Parts = std::vector<std::string_view>;
  struct Case {
    std::string_view body;
    Parts expected;
  };
  const Case cases[] = {
      {"--b\none\n--b\ntwo\n--b--\nend", {"one", "two"}},
      {"before\r\n--b\r\none\r\n--b--", {"one"}},
      {"--b\none", {"one"}},
      {"--b\n--b\n--b--", {"", ""}},
      {"--b  \none\n--b-- \t\n", {"one"}},
      {"--bc\none\n--b-\n", {}},
      {"x--b\n", {}},
      {"--b", {""}},
      {"--b--", {}},
      {"", {}},
  };
  for (const auto& c : cases) EXPECT_EQ(split_multipart(c.body, "b", 100), c.expected) << c.body;
  EXPECT_EQ(split_multipart("--b\n1\n--b\n2\n--b\n3", "b", 2).size(), 2U);
}

}  // namespace
}  // namespace mail
