#include "replica/attachments.hpp"

#include <gtest/gtest.h>

namespace replica {
namespace {

TEST(Attachments, StubsAreReadInTheirOrder) {
  const auto stubs = attachment_stubs(R"({"_id":"a","_attachments":{
    "q1.pdf":{"content_type":"application/pdf","revpos":2,"digest":"md5-1","length":88123,"stub":true},
    "\u00e9 \"x\"":{"length":1,"digest":"md5-2"},"odd":7,"wrong":{"length":-1,"digest":null}}})");
  ASSERT_EQ(stubs.size(), 3);
  EXPECT_EQ(stubs[0].name, "q1.pdf");
  EXPECT_EQ(stubs[0].content_type, "application/pdf");
  EXPECT_EQ(stubs[0].digest, "md5-1");
  EXPECT_EQ(stubs[0].length, 88'123);
  EXPECT_EQ(stubs[1].name, "\xc3\xa9 \"x\"");
  EXPECT_EQ(stubs[1].digest, "md5-2");
  EXPECT_EQ(stubs[2].name, "wrong");
  EXPECT_EQ(stubs[2].digest, "");
  EXPECT_EQ(stubs[2].length, 0);
}

TEST(Attachments, OneIsFoundByItsName) {
  const std::string_view document =
      R"({"_attachments":{"a":{"digest":"md5-1"},"b":{"digest":"md5-2"}}})";
  EXPECT_EQ(find_attachment(document, "b")->digest, "md5-2");
  EXPECT_FALSE(find_attachment(document, "c"));
}

TEST(Attachments, DocumentsWithoutAnyHaveNone) {
  for (const char* document : {"", "{}", R"({"text":"_attachments"})", R"({"_attachments":null})",
                               R"({"_attachments":[]})", R"({"_attachments":{}})", "[1]",
                               R"({"a":{"_attachments":{"x":{"digest":"md5-1"}}}})"}) {
    EXPECT_TRUE(attachment_stubs(document).empty()) << document;
  }
  EXPECT_LE(attachment_stubs(R"({"_attachments":{"a":{"digest":"md5-1"},"b":)").size(), 1U);
}

}  // namespace
}  // namespace replica
