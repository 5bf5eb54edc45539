#include "mail/json_writer.hpp"

#include <gtest/gtest.h>
#include <limits>
#include <nlohmann/json.hpp>

namespace mail {
namespace {

TEST(JsonWriter, WritesCompactJson) {
  std::string out;
  JsonWriter json(out);
  json.begin_object()
      .key("a")
      .begin_array()
      .number(1)
      .number(-2)
      .number(0.5)
      .null()
      .boolean(true)
      .begin_object()
      .end_object();
  json.begin_array()
      .end_array()
      .end_array()
      .key("b")
      .string("x")
      .key("c")
      .raw("{\"d\":1}")
      .key("e")
      .boolean(false)
      .end_object();
  EXPECT_EQ(out, R"({"a":[1,-2,0.5,null,true,{},[]],"b":"x","c":{"d":1},"e":false})");
}

TEST(JsonWriter, EscapesWhatJsonCannotHold) {
  struct Case {
    std::string text, expected;
  };
  const Case cases[] = {
      {"", R"("")"},
      {"a\"b\\c/", R"("a\"b\\c/")"},
      {"\n\r\t\b\x1f", R"("\n\r\t\u0008\u001f")"},
      {std::string("a\0b", 3), R"("a\u0000b")"},
      {"\xC3\xA9\xE2\x80\xA8", "\"\xC3\xA9\xE2\x80\xA8\""},
      {"a\xFF\"", "\"a\xEF\xBF\xBD\\\"\""},
      {"\xED\xA0\x80", "\"\xEF\xBF\xBD\""},
  };
  for (const auto& c : cases) {
    std::string out;
    JsonWriter(out).string(c.text);
    EXPECT_EQ(out, c.expected);
    EXPECT_TRUE(nlohmann::json::accept(out)) << out;
  }
}

TEST(JsonWriter, NumbersKeepTheirValue) {
  std::string out;
  JsonWriter json(out);
  json.begin_array()
      .number(std::numeric_limits<std::int64_t>::min())
      .number(std::numeric_limits<std::uint64_t>::max());
  json.number(1e-300).number(std::numeric_limits<double>::infinity()).number(0.1).end_array();
  EXPECT_EQ(out, "[-9223372036854775808,18446744073709551615,1e-300,null,0.1]");
}

}  // namespace
}  // namespace mail
