// Access tokens as an operator gives them out: by command, while the server runs.
#include <gtest/gtest.h>

#include "tests/end_to_end/davenport.hpp"

namespace end_to_end {
namespace {

HttpAnswer http_as(const std::string& token, const std::string& url) {
  const auto result = support::run(
      {"curl", "-sS", "-g", "-H", "Authorization: Bearer " + token, "-w", "\n%{http_code}", url});
  const auto line = result.out.rfind('\n');
  if (result.exit_code != 0 || line == std::string::npos) return {0, result.err};
  return {std::stoi(result.out.substr(line + 1)), result.out.substr(0, line)};
}

class Access : public testing::Test {
 protected:
  void SetUp() override {
    davenport_.configure("open_on_loopback = false\n");
    write_maildir(davenport_.folder() / "mail", 3);
    davenport_.succeed({"import", "ada", (davenport_.folder() / "mail").string()});
    davenport_.succeed({"import", "bob", (davenport_.folder() / "mail").string()});
    davenport_.start_serving();
  }
  Davenport davenport_;
};

TEST_F(Access, TokensAreGivenOutAndRevokedWhileTheServerRuns) {
  const auto url = davenport_.url("/v1/accounts/ada/messages");
  EXPECT_EQ(http("GET", url).status, 401);
  const auto created =
      davenport_.run_json({"token", "create", "--account", "ada", "--expires", "30d"});
  const std::string token = created["token"];
  EXPECT_EQ(created["accounts"], json::array({"ada"}));
  EXPECT_EQ(created["right"], "read");
  EXPECT_EQ(http_as(token, url).status, 200);
  EXPECT_EQ(http_as(token, davenport_.url("/v1/accounts")).body()["accounts"],
            json::array({"ada"}));
  const auto foreign = http_as(token, davenport_.url("/v1/accounts/bob/messages"));
  EXPECT_EQ(foreign.status, 404);
  EXPECT_EQ(foreign.body()["error"]["code"], "unknownAccount");
  EXPECT_EQ(http_as(token, davenport_.url("/metrics")).status, 403);

  const auto listed = davenport_.run_json({"token", "list"})["tokens"];
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0]["id"], created["id"]);
  EXPECT_FALSE(listed[0].contains("token"));
  davenport_.succeed({"token", "revoke", created["id"]});
  EXPECT_EQ(http_as(token, url).status, 401);
  EXPECT_EQ(davenport_.run({"token", "revoke", created["id"]}).exit_code, 1);
}

TEST_F(Access, AnAdministratorOfAllMayDoWhatTheServerCan) {
  auto token = davenport_.run({"token", "create", "--all", "--admin"}).out;
  ASSERT_FALSE(token.empty());
  token.pop_back();
  EXPECT_EQ(http_as(token, davenport_.url("/metrics")).status, 200);
  EXPECT_EQ(http_as(token, davenport_.url("/v1/admin/status")).status, 200);
  davenport_.succeed({"reindex", "ada"});  // by the admin socket, which needs none
  EXPECT_EQ(davenport_.run({"token", "create", "--account", "A b"}).exit_code, 2);
  EXPECT_EQ(davenport_.run({"token", "create", "--account", "later"}).exit_code, 1);
  EXPECT_EQ(davenport_.run({"token", "create", "--account", "later", "--force"}).exit_code, 0);
  EXPECT_EQ(davenport_.run({"token", "create", "--all", "--expires", "2001-01-01"}).exit_code, 2);
}

}  // namespace
}  // namespace end_to_end
