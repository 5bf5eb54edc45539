// Pulls from a real PouchDB Server; what arrived is compared with what the test reads from it by itself.
#include <algorithm>
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "replica/replication_log.hpp"
#include "replica/replicator.hpp"
#include "replica/source_url.hpp"
#include "tests/support/awaiting.hpp"
#include "tests/support/pouchdb_server.hpp"
#include "tests/support/support.hpp"

namespace replica {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class PouchdbTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { server() = std::make_unique<support::PouchdbServer>(); }
  static void TearDownTestSuite() { server().reset(); }

  static std::unique_ptr<support::PouchdbServer>& server() {
    static std::unique_ptr<support::PouchdbServer> instance;
    return instance;
  }

  void SetUp() override {
    database_ =
        fmt::format("{}/mail", testing::UnitTest::GetInstance()->current_test_info()->name());
    for (char& c : database_) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    path_ = "/" + percent_encode(database_);
    server()->ask("PUT", path_);
  }

  void write(const json& documents, bool new_edits = true) {
    const json body = {{"docs", documents}, {"new_edits", new_edits}};
    const auto answer = server()->ask("POST", path_ + "/_bulk_docs", body.dump());
    ASSERT_EQ(answer.status, 201) << answer.body;
  }

  std::string rev_of(const std::string& id) {
    return json::parse(server()->ask("GET", path_ + "/" + percent_encode(id)).body).at("_rev");
  }

  PullSummary pull(SourceAddress address, const std::string& database,
                   const ReplicatorOptions& options = {}) {
    net::io_context context{1};
    net::thread_pool workers{1};
    CouchClient client(context.get_executor(), std::move(address));
    Replicator replicator(client, database, store_, workers, {}, options);
    return support::run(context, replicator.pull_until_caught_up());
  }
  PullSummary pull() { return pull({server()->url(), "", "", {}}, database_); }

  // Compares every document: body of each leaf, and which one wins.
  void expect_the_same() {
    const json feed = json::parse(
        server()->ask("GET", path_ + "/_changes?style=all_docs&include_docs=true").body);
    std::int64_t live = 0;
    for (const json& row : feed.at("results")) {
      const std::string id = row.at("id");
      if (id.starts_with("_design/")) continue;
      SCOPED_TRACE(id);
      const auto tree = store_.tree(id);
      ASSERT_TRUE(tree);
      std::set<std::string> theirs, ours;
      for (const json& change : row.at("changes")) theirs.insert(change.at("rev"));
      for (const Leaf& leaf : tree->leaves()) ours.insert(leaf.rev.to_string());
      EXPECT_EQ(ours, theirs);
      const auto document = store_.read(id);
      ASSERT_TRUE(document);
      EXPECT_EQ(json::parse(document->body), row.at("doc"));
      EXPECT_EQ(document->change.rev.to_string(), row.at("doc").at("_rev"));
      EXPECT_EQ(document->change.deleted, row.value("deleted", false));
      if (!row.value("deleted", false)) ++live;
      if (theirs.size() < 2) continue;
      const json leaves = json::parse(
          server()->ask("GET", path_ + "/" + percent_encode(id) + "?open_revs=all").body);
      for (const json& leaf : leaves) {
        const auto body =
            store_.body(id, *RevId::parse(leaf.at("ok").at("_rev").get<std::string>()));
        ASSERT_TRUE(body);
        EXPECT_EQ(json::parse(*body), leaf.at("ok"));
      }
    }
    EXPECT_EQ(store_.counts().documents, live);
    EXPECT_TRUE(store_.quarantined().empty());
  }

  support::TemporaryFolder folder_;
  Store store_{folder_ / "mail.db", sqlite::Access::kReadWrite};
  std::string database_;
  std::string path_;
};

TEST_F(PouchdbTest, Documents) {
  json documents = json::array({{{"_id", "_design/mail"}, {"views", json::object()}}});
  for (int i = 0; i < 20; ++i)
    documents.push_back({{"_id", fmt::format("m{:02}", i)}, {"subject", "Grüße 📧"}, {"n", i}});
  write(documents);
  EXPECT_EQ(pull().documents, 20U);
  expect_the_same();

  // updated, deleted, recreated after deletion
  write(json::array({{{"_id", "m01"}, {"_rev", rev_of("m01")}, {"n", 100}},
                     {{"_id", "m02"}, {"_rev", rev_of("m02")}, {"_deleted", true}},
                     {{"_id", "m03"}, {"_rev", rev_of("m03")}, {"_deleted", true}}}));
  EXPECT_EQ(pull().documents, 3U);
  expect_the_same();
  write(json::array({{{"_id", "m03"}, {"n", 3}, {"again", true}}}));
  EXPECT_EQ(pull().documents, 1U);
  expect_the_same();
  EXPECT_EQ(store_.tree("m03")->leaves().size(), 1U);

  const PullSummary nothing = pull();
  EXPECT_EQ(nothing.rows, 0U);
  EXPECT_EQ(nothing.documents, 0U);
}

TEST_F(PouchdbTest, Conflicts) {
  const auto revision = [](const std::string& id, int start, const std::vector<std::string>& ids,
                           bool deleted) {
    json document = {
        {"_id", id}, {"_rev", fmt::format("{}-{}", start, ids.front())}, {"leaf", ids.front()}};
    document["_revisions"] = {{"start", start}, {"ids", ids}};
    if (deleted) document["_deleted"] = true;
    return document;
  };
  const std::string a(32, 'a'), b(32, 'b'), c(32, 'c'), d(32, 'd');
  write(json::array(
            {revision("two-live", 2, {b, a}, false), revision("two-live", 2, {c, a}, false),
             revision("one-deleted", 3, {d, b, a}, true), revision("one-deleted", 2, {c, a}, false),
             revision("all-deleted", 2, {b, a}, true), revision("all-deleted", 2, {c, a}, true),
             revision("roots", 1, {a}, false), revision("roots", 1, {b}, false)}),
        false);
  EXPECT_EQ(pull().documents, 4U);
  expect_the_same();
  EXPECT_EQ(store_.read("two-live")->change.conflicts, 1);
  write(json::array({revision("two-live", 3, {d, b, a}, true)}), false);
  EXPECT_EQ(pull().documents, 1U);
  expect_the_same();
}

TEST_F(PouchdbTest, OddIds) {
  json documents = json::array();
  for (const std::string& id :
       {std::string("mail/odd +%ü"), std::string("\"quoted\" \\ back"), std::string("📧 mail"),
        std::string("a?b#c&d=e"), std::string("new\nline\ttab"), std::string(2000, 'x') + "ü"}) {
    documents.push_back({{"_id", id}, {"n", 1}});
  }
  write(documents);
  EXPECT_EQ(pull().documents, documents.size());
  for (json& document : documents) document["_rev"] = rev_of(document["_id"]);
  write(documents);  // a second generation, which has to be fetched
  EXPECT_EQ(pull().documents, documents.size());
  expect_the_same();
}

TEST_F(PouchdbTest, ManyDocumentsAndAServerThatStops) {
  for (int batch = 0; batch < 5; ++batch) {
    json documents = json::array();
    for (int i = 0; i < 1000; ++i)
      documents.push_back(
          {{"_id", fmt::format("{}-{}", batch, i)}, {"text", std::string(200, 'x')}});
    write(documents);
  }
  const PullSummary summary = pull();
  EXPECT_EQ(summary.rows, 5000U);
  EXPECT_EQ(summary.documents, 5000U);
  expect_the_same();
  EXPECT_EQ(pull().rows, 0U);

  support::PouchdbServer stopping;
  stopping.ask("PUT", "/mail");
  json documents = json::array();
  for (int i = 0; i < 3000; ++i) documents.push_back({{"_id", fmt::format("new-{}", i)}});
  stopping.ask("POST", "/mail/_bulk_docs", json({{"docs", documents}}).dump());
  Store other(folder_ / "other.db", sqlite::Access::kReadWrite);
  net::io_context context{1};
  net::thread_pool workers{1};
  CouchClient client(context.get_executor(), {stopping.url(), "", "", {}});
  Replicator replicator(client, "mail", other, workers,
                        [&stopping](const PullSummary&) { stopping.stop(); });
  EXPECT_THROW((void)support::run(context, replicator.pull_until_caught_up()), SourceError);
  EXPECT_EQ(other.counts().documents,
            1000);  // the first page, and the checkpoint that vouches for it
  EXPECT_EQ(other.checkpoint().since.json, "1000");
}

json documents_of(const std::string& prefix, int count) {
  json documents = json::array();
  for (int i = 0; i < count; ++i)
    documents.push_back({{"_id", fmt::format("{}-{}", prefix, i)}, {"n", i}});
  return documents;
}

TEST_F(PouchdbTest, ADatabaseMadeAnewWithAsManyRowsOrMore) {
  write(documents_of("old", 20));
  write(documents_of("both", 3));
  EXPECT_EQ(pull().documents, 23U);
  for (const int rows : {20, 40}) {
    server()->ask("DELETE", path_);
    server()->ask("PUT", path_);
    write(documents_of("both", 3));
    write(documents_of(fmt::format("new{}", rows), rows));
    EXPECT_TRUE(pull().swept) << rows;
    expect_the_same();
    EXPECT_EQ(store_.read("old-1")->change.purged, true);
  }
  EXPECT_FALSE(pull().swept);
}

TEST_F(PouchdbTest, TheSameDocumentsAtAnotherServer) {
  write(documents_of("m", 50));
  pull();
  support::PouchdbServer other;
  other.ask("PUT", "/other");
  json copies = json::array();
  const json rows =
      json::parse(server()->ask("GET", path_ + "/_all_docs?include_docs=true").body).at("rows");
  for (const json& row : rows) copies.push_back(row.at("doc"));
  std::reverse(copies.begin(), copies.end());
  copies.erase(copies.begin());
  other.ask("POST", "/other/_bulk_docs", json({{"docs", copies}, {"new_edits", false}}).dump());
  const LocalSeq before = store_.last_seq();
  const PullSummary moved = pull({other.url(), "", "", {}, {}}, "other");
  EXPECT_TRUE(moved.swept);
  EXPECT_EQ(moved.documents, 1U);  // the one that is not there
  EXPECT_EQ(store_.changes(before, 9).size(), 1U);
  EXPECT_EQ(store_.counts().documents, 49);
}

TEST_F(PouchdbTest, TheReplicationLogIsAtTheSource) {
  write(documents_of("first", 5));
  pull();
  write(documents_of("second", 5));
  pull();
  pull();
  const std::string id = "/_local/" + replication_id(store_.identity().uuid, database_);
  const json log = json::parse(server()->ask("GET", path_ + id).body);
  ASSERT_EQ(log.at("history").size(), 2U);
  EXPECT_EQ(log.at("session_id"), log.at("history").at(0).at("session_id"));
  EXPECT_EQ(log.at("source_last_seq"), 10);
  EXPECT_EQ(log.at("history").at(1).at("recorded_seq"), 5);
  EXPECT_EQ(log.at("history").at(0).at("docs_written"), 5);
}

TEST_F(PouchdbTest, Attachments) {
  Blobs blobs(folder_ / "blobs", sqlite::Access::kReadWrite);
  ReplicatorOptions options;
  options.blobs = &blobs;
  options.wants_bytes = [](std::string_view type, std::uint64_t) { return type == "text/plain"; };
  std::string large, large_base64;
  for (int i = 0; i < 500'000; ++i) {
    large += "xxx";
    large_base64 += "eHh4";
  }
  const std::vector<std::pair<std::string, std::string>> texts = {
      {"", ""}, {"a short one", "YSBzaG9ydCBvbmU="}, {large, large_base64}};
  json documents = json::array();
  for (const auto& [text, base64] : texts) {
    const json body = {{"content_type", "text/plain"}, {"data", base64}};
    const json picture = {{"content_type", "image/png"}, {"data", "AAAA"}};
    documents.push_back({{"_id", fmt::format("m{}", text.size())},
                         {"_attachments", {{"body ü/1", body}, {"picture", picture}}}});
  }
  write(documents);
  const PullSummary summary = pull({server()->url(), "", "", {}, {}}, database_, options);
  expect_the_same();
  EXPECT_EQ(summary.blobs, 3U);
  for (const auto& [text, base64] : texts) EXPECT_EQ(blobs.get(blob_digest(text)), text);
  EXPECT_FALSE(blobs.contains(blob_digest(std::string(3, '\0'))));
}

TEST_F(PouchdbTest, RefusesStrangers) {
  try {
    pull({server()->url(), "", "", {}}, "no-such-database");
    ADD_FAILURE() << "no error";
  } catch (const SourceError& error) {
    EXPECT_EQ(error.kind(), SourceError::Kind::kNotFound);
    EXPECT_THAT(error.what(), HasSubstr("'no-such-database'"));
  }

  support::PouchdbServer closed;
  closed.ask("PUT", "/mail");
  closed.ask("PUT", "/_config/admins/admin", "\"secret\"");
  const std::string admin = "Basic YWRtaW46c2VjcmV0";
  closed.ask("PUT", "/mail/_security", R"({"members":{"names":["admin"],"roles":[]}})", admin);
  closed.ask("PUT", "/mail/a", "{}", admin);
  try {
    pull({closed.url(), "admin", "wr0ng", {}}, "mail");
    ADD_FAILURE() << "no error";
  } catch (const SourceError& error) {
    EXPECT_EQ(error.kind(), SourceError::Kind::kUnauthorized);
    EXPECT_THAT(error.what(), HasSubstr("user 'admin' was refused (401)"));
    EXPECT_THAT(error.what(), Not(HasSubstr("wr0ng")));
  }
  EXPECT_EQ(pull({closed.url(), "admin", "secret", {}}, "mail").documents, 1U);
}

}  // namespace
}  // namespace replica
