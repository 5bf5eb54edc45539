#include "api/message_lines.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

TEST(MessageLine, ItsTimeIsUtc) {
  const struct {
    const char *received, *sent, *begin;
  } rows[] = {
      {"2001-05-14T23:39:12Z", nullptr, "2001-05-14 23:39  "},
      {"2001-05-14T23:39:12-07:00", nullptr, "2001-05-15 06:39  "},
      {nullptr, "2001-01-01T00:10:00+09:30", "2000-12-31 14:40  "},
      {nullptr, nullptr, "                  "},
      {"someday", nullptr, "                  "},
  };
  for (const auto& row : rows) {
    json message = {{"id", "x"}, {"receivedAt", nullptr}, {"sentAt", nullptr}};
    if (row.received != nullptr) message["receivedAt"] = row.received;
    if (row.sent != nullptr) message["sentAt"] = row.sent;
    EXPECT_THAT(api::message_line(message, 80), StartsWith(row.begin)) << message;
  }
}

TEST(MessageLine, NewIsWhatIsNeitherSeenNorADraft) {
  const struct {
    json keywords;
    const char* flags;
  } rows[] = {
      {json::object(), "  N     "},
      {{{"$seen", true}}, "        "},
      {{{"$draft", true}}, "        "},
      {{{"$draft", true}, {"$flagged", true}}, "   !    "},
      {{{"$flagged", true}, {"$answered", true}}, "  N!r   "},
  };
  for (const auto& row : rows) {
    const json message = {
        {"id", "x"}, {"receivedAt", "2001-05-14T23:39:12Z"}, {"keywords", row.keywords}};
    EXPECT_EQ(api::message_line(message, 80).substr(16, 8), row.flags) << row.keywords;
  }
}

TEST(FileLine, AFileIsNamedByItsPathOrElseByItsName) {
  json file = {{"id", "x"}, {"name", "glue.txt"}, {"path", "/Workshop/glue.txt"}};
  EXPECT_THAT(api::file_line(file, 100), HasSubstr("  /Workshop/glue.txt "));
  file["path"] = "";
  EXPECT_THAT(api::file_line(file, 100), HasSubstr("  glue.txt "));
}

}  // namespace
