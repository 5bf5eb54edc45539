#include "tests/api/routes_fixture.hpp"

namespace {

class RoutesCompleteTest : public RoutesFixture {};

TEST_F(RoutesCompleteTest, AddressesOfAMessageAreOffered) {
  import_message(
      "Message-ID: <1@x>\r\nFrom: =?utf-8?q?Ren=C3=A9e?= King <Renee@Example.org>\r\n"
      "To: ada@example.net\r\nDate: Mon, 2 Jan 2023 03:04:05 +0000\r\n\r\ntext\r\n");
  const std::string path = "/v1/accounts/alice/complete";
  EXPECT_EQ(
      get_json(path, {{"q", "renee ex"}}).dump(),
      R"({"completions":[{"count":1,"email":"renee@example.org","lastSeen":"2023-01-02T03:04:05Z","name":"Renée King"}]})");
  EXPECT_EQ(get_json(path)["completions"].size(), 2U);
  EXPECT_EQ(get_json(path, {{"limit", "1"}})["completions"].size(), 1U);
  EXPECT_EQ(get_json(path, {{"q", "nobody"}})["completions"].size(), 0U);
}

TEST_F(RoutesCompleteTest, MistakesAreNamed) {
  import_message("From: a@b\r\n\r\n");
  const std::string path = "/v1/accounts/alice/complete";
  EXPECT_EQ(get(path, {{"limit", "101"}}).status, 400);
  EXPECT_EQ(get(path, {{"limit", "0"}}).status, 400);
  EXPECT_EQ(get(path, {{"q", std::string(501, 'a')}}).status, 400);
  EXPECT_EQ(get(path, {{"query", "a"}}).status, 400);
  EXPECT_EQ(get("/v1/accounts/nobody/complete", {{"q", "a"}}).status, 404);
}

}  // namespace
