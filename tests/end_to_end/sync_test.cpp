// Pulling from a real CouchDB-speaking server: what changes there is seen here after the next sync.
#include <gtest/gtest.h>

#include "tests/end_to_end/davenport.hpp"
#include "tests/support/pouchdb_server.hpp"

namespace end_to_end {
namespace {

class Sync : public testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = new support::PouchdbServer(); }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }

  // Fills the databases of `account` by `import --into`.
  void fill(const std::string& account, int messages) const {
    const Davenport importer;
    write_maildir(importer.folder() / "mail", messages);
    importer.succeed(
        {"import", account, (importer.folder() / "mail").string(), "--into", server_->url()});
  }
  static std::string database(const std::string& account, const std::string& doctype) {
    return server_->url() + "/" + account + "%2F" + doctype;
  }

  static support::PouchdbServer* server_;
};
support::PouchdbServer* Sync::server_ = nullptr;

TEST_F(Sync, ImportIntoAServerThenPullGivesTheMail) {
  fill("alice", 40);
  const Davenport davenport(server_->url(), "alice");
  davenport.succeed({"sync", "alice", "--once"});

  const auto list = davenport.run_json({"list", "alice", "--limit", "100"});
  EXPECT_EQ(list["total"], 40);
  EXPECT_EQ(list["unread"], 14);
  EXPECT_EQ(list["messages"][0]["subject"], "Subject 39");
  EXPECT_EQ(subjects(davenport.run_json({"search", "alice", "word17"})),
            std::vector<std::string>{"Subject 17"});
  EXPECT_EQ(davenport.run({"show", "alice", list["messages"][0]["id"], "--text"}).out,
            "Here is word39, and this is everywhere.\n");

  const auto again = davenport.run({"sync", "alice", "--once"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_NE(again.out.find("0 documents"), std::string::npos) << again.out;
}

TEST_F(Sync, ChangesAtTheServerAreSeenInListsAndSearchesAlike) {
  fill("bob", 10);
  const Davenport davenport(server_->url(), "bob");
  davenport.succeed({"sync", "bob", "--once"});
  const auto list = davenport.run_json({"list", "bob", "--unread"});
  const std::string flagged_id = list["messages"][0]["docId"];  // Subject 9
  const std::string deleted_id = list["messages"][1]["docId"];  // Subject 6
  const std::string replaced_id = list["messages"][2]["docId"];  // Subject 3

  auto message = http("GET", database("bob", "io-cozy-emails") + "/" + flagged_id).body();
  message["keywords"]["$flagged"] = true;
  ASSERT_EQ(
      http("PUT", database("bob", "io-cozy-emails") + "/" + flagged_id, message.dump()).status,
      201);
  const auto doomed = http("GET", database("bob", "io-cozy-emails") + "/" + deleted_id).body();
  ASSERT_EQ(http("DELETE", database("bob", "io-cozy-emails") + "/" + deleted_id +
                               "?rev=" + std::string(doomed["_rev"]))
                .status,
            200);
  const auto content_url =
      database("bob", "io-cozy-email-contents") + "/" + replaced_id + "%3Atext";
  auto content = http("GET", content_url).body();
  content["content"] = "A replacement about zebras.\n";
  ASSERT_EQ(http("PUT", content_url, content.dump()).status, 201);

  davenport.succeed({"sync", "bob", "--once"});
  EXPECT_EQ(subjects(davenport.run_json({"list", "bob", "--flagged"})),
            std::vector<std::string>{"Subject 9"});
  EXPECT_EQ(subjects(davenport.run_json({"search", "bob", "is:flagged"})),
            std::vector<std::string>{"Subject 9"});
  EXPECT_EQ(davenport.run_json({"list", "bob"})["total"], 9);
  EXPECT_TRUE(subjects(davenport.run_json({"search", "bob", "word6"})).empty());
  EXPECT_EQ(subjects(davenport.run_json({"search", "bob", "zebras"})),
            std::vector<std::string>{"Subject 3"});
  EXPECT_TRUE(subjects(davenport.run_json({"search", "bob", "word3"})).empty());

  const auto again = davenport.run({"sync", "bob", "--once"});
  EXPECT_NE(again.out.find("0 documents"), std::string::npos) << again.out;
}

TEST_F(Sync, AFileDocumentGoesFromTheFeedToAHit) {
  fill("carol", 1);
  ASSERT_EQ(http("PUT", database("carol", "io-cozy-files")).status, 201);
  const json file = {{"type", "file"},
                     {"name", "glue.txt"},
                     {"path", "/Workshop/glue.txt"},
                     {"mime", "text/plain"},
                     {"size", "42"},
                     {"tags", {"workshop"}},
                     {"updated_at", "2021-05-01T10:00:00Z"},
                     {"content", "Hide glue melts at sixty degrees."}};
  ASSERT_EQ(http("PUT", database("carol", "io-cozy-files") + "/file-1", file.dump()).status, 201);
  const Davenport davenport(server_->url(), "carol");
  davenport.succeed({"sync", "carol", "--once"});
  for (const std::string query : {"melts", "glue.txt", "tag:workshop"}) {
    const auto answer = davenport.run_json({"search", "carol", query});
    ASSERT_EQ(answer["hits"].size(), 1u) << query;
    EXPECT_EQ(answer["hits"][0]["kind"], "file") << query;
    EXPECT_EQ(answer["hits"][0]["file"]["docId"], "file-1") << query;
  }

  const std::string id = davenport.run_json({"search", "carol", "melts"})["hits"][0]["file"]["id"];
  EXPECT_EQ(davenport.run({"show", "carol", id}).out,
            "Name: glue.txt\nPath: /Workshop/glue.txt\nType: text/plain\nSize: 42 B\n"
            "Tags: workshop\nUpdated: 2021-05-01T10:00:00Z\n\n"
            "Hide glue melts at sixty degrees.\n");
  EXPECT_EQ(davenport.run({"show", "carol", id, "--text"}).out,
            "Hide glue melts at sixty degrees.\n");
  EXPECT_EQ(davenport.run_json({"show", "carol", id})["path"], "/Workshop/glue.txt");
  EXPECT_EQ(davenport.run_json({"show", "carol", "file-1", "--text"})["parts"][0]["content"],
            "Hide glue melts at sixty degrees.");
  const auto raw = davenport.run({"show", "carol", id, "--raw"});
  EXPECT_EQ(raw.exit_code, 1);
  EXPECT_NE(raw.err.find("is a file, not a message"), std::string::npos) << raw.err;
}

TEST_F(Sync, HeadersOfAMessageWithoutAnOriginalAreThoseOfItsDocument) {
  fill("erin", 1);
  const json message = {
      {"subject", "Fresh news"},
      {"from", json::array({json{{"name", "Ada"}, {"email", "ada@example.org"}}})},
      {"receivedAt", "2022-01-01T00:00:00Z"},
      {"headers", json::array({json::array({"List-Id", "<dev.example.org>"})})},
      {"text", "quicksilver"}};
  ASSERT_EQ(http("PUT", database("erin", "io-cozy-emails") + "/fresh", message.dump()).status, 201);
  const Davenport davenport(server_->url(), "erin");
  davenport.succeed({"sync", "erin", "--once"});
  EXPECT_EQ(davenport.run({"show", "erin", "fresh", "--headers"}).out,
            "From: Ada <ada@example.org>\nDate: 2022-01-01T00:00:00Z\nSubject: Fresh news\n"
            "List-Id: <dev.example.org>\n");
}

TEST_F(Sync, ServeFollowsTheServer) {
  fill("dora", 5);
  Davenport davenport(server_->url(), "dora");
  davenport.start_serving();
  const auto list_url = davenport.url("/v1/accounts/dora/messages");
  ASSERT_TRUE(eventually([&] {
    const auto answer = http("GET", list_url);
    return answer.status == 200 && answer.body()["total"] == 5;
  }));
  const json added = {
      {"subject", "Fresh news"}, {"receivedAt", "2022-01-01T00:00:00Z"}, {"text", "quicksilver"}};
  ASSERT_EQ(http("PUT", database("dora", "io-cozy-emails") + "/fresh", added.dump()).status, 201);
  EXPECT_TRUE(eventually([&] {
    return subjects(http("GET", davenport.url("/v1/accounts/dora/search?q=quicksilver")).body()) ==
           std::vector<std::string>{"Fresh news"};
  }));
  EXPECT_EQ(davenport.stop_serving().exit_code, 0);
}

TEST_F(Sync, ADatabaseThatIsNotThereIsNamed) {
  const Davenport davenport(server_->url(), "nobody");
  const auto result = davenport.run({"sync", "nobody", "--once"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("nobody/io-cozy-emails"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace end_to_end
