// The CouchDB in memory answers as CouchDB 3.5.0 did: the recorded requests are played to it, in databases that hold the recorded
// documents, and status and structure of the answers are compared.
#include "tests/support/memory_couchdb.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "replica/replicator.hpp"
#include "tests/support/awaiting.hpp"
#include "tests/support/plain_client.hpp"
#include "tests/support/recordings.hpp"
#include "tests/support/support.hpp"

namespace support {
namespace {

using nlohmann::json;

// What a JSON value looks like: members and types; of arrays, which kinds of elements they have. Which rows of a page are
// `deleted` depends on the order of the shards, which no two servers share.
std::string structure_of(const json& value) {
  if (value.is_object()) {
    std::string text = "{";
    for (const auto& [name, member] : value.items())
      if (name != "deleted") text += fmt::format("{}:{} ", name, structure_of(member));
    return text + '}';
  }
  if (!value.is_array()) return value.type_name();
  std::set<std::string> kinds;
  for (const json& element : value) kinds.insert(structure_of(element));
  std::string text = "[";
  for (const std::string& kind : kinds) text += kind + ' ';
  return text + ']';
}

void graft(PlainClient& client, const std::string& database, json document) {
  if (!document.contains("_revisions")) {
    const std::string rev = document.at("_rev");
    const auto dash = rev.find('-');
    const int generation = std::stoi(rev.substr(0, dash));
    json ids = {rev.substr(dash + 1)};
    for (int i = 1; i < generation; ++i) ids.push_back(fmt::format("{:032x}", i));
    document["_revisions"] = {{"start", generation}, {"ids", ids}};
  }
  document.erase("_conflicts");
  const json payload = {{"docs", {document}}, {"new_edits", false}};
  ASSERT_EQ(client.ask("POST", '/' + database + "/_bulk_docs", payload.dump()).payload, "[]\n");
}

class RecordedRequests : public testing::Test {
 protected:
  RecordedRequests() {
    prepare_mail();
    prepare_attachments();
    server_.create("t-purge");
    for (const char* id : {"p0", "p2", "p3"}) server_.put("t-purge", id, R"({"v":1})");
    server_.graft("t-purge", "p1",
                  {"2-d0df861eb528e79690cd2ff3c4d394f3", "1-7a7e4b29f3af401e69b6f86e4c26b727"},
                  R"({"v":2})");
    server_.create("t-upd");
    server_.create("t-priv");
    server_.add_user("bob", "bobpw");
    server_.add_user("nouser", "right");
  }

  static CouchOptions options() {
    CouchOptions options;
    options.user = "admin";
    options.password = "secret";
    return options;
  }

  void prepare_mail() {
    server_.create("t-mail");
    const json first = json::parse(recording(kCouchdb, "doc-put", 1).sent);
    json second = first;
    second["_rev"] = "2-7e0136561e3d315b9b0ca77115f813d8";
    second["_revisions"] = {
        {"start", 2},
        {"ids", {"7e0136561e3d315b9b0ca77115f813d8", "36eff7db2290d72b501030e0f5af7fc0"}}};
    graft(client_, "t-mail", second);
    for (const char* file : {"bulk-get", "bulk-get-missing"}) {
      const json answer = json::parse(recording(kCouchdb, file).payload);
      for (const json& row : answer.at("results")) {
        for (const json& sent : row.at("docs")) {
          if (sent.contains("ok")) graft(client_, "t-mail", sent.at("ok"));
        }
      }
    }
    for (const std::size_t leaf : {0, 1}) {
      graft(client_, "t-mail",
            json::parse(recording(kCouchdb, "open-revs-all").payload).at(leaf).at("ok"));
    }
    const json feed = json::parse(recording(kCouchdb, "changes-include-docs-conflicts").payload);
    for (const json& row : feed.at("results")) {
      bool is_there = false;
      server_.inspect("t-mail", [&](const memory::Database& database) {
        is_there = database.find(row.at("id").get<std::string>()) != nullptr;
      });
      if (!is_there) graft(client_, "t-mail", row.at("doc"));
    }
    json loser = {
        {"_id", "mail0005"}, {"_rev", "2-8fa14cdd754f91cc6554c9e71929cce7"}, {"_deleted", true}};
    graft(client_, "t-mail", loser);
  }

  void prepare_attachments() {
    server_.create("t-att");
    json document = json::parse(recording(kCouchdb, "att-put-inline").sent);
    document["_id"] = "c1";
    document["_rev"] = "1-994f2c866cffc93809186ec56b531555";
    for (auto& [name, attachment] : document["_attachments"].items()) attachment["revpos"] = 1;
    graft(client_, "t-att", document);
    const auto stubs = recording(kCouchdb, "att-stubs");
    json next = json::parse(stubs.payload);
    next["_attachments"]["note"] = {
        {"content_type", "text/plain"}, {"revpos", 2}, {"data", "c2hvcnQgbm90ZQ=="}};
    next["_revisions"] = {
        {"start", 2},
        {"ids", {"a3f72ab957535acc193ec83142af87ce", "994f2c866cffc93809186ec56b531555"}}};
    graft(client_, "t-att", next);
    server_.put("t-att", "c2", R"({"a":1})");
  }

  void expect_alike(const std::string& file, const std::vector<std::size_t>& left_out = {}) {
    const auto exchanges = recordings(kCouchdb, file);
    for (std::size_t i = 0; i < exchanges.size(); ++i) {
      if (std::ranges::find(left_out, i) != left_out.end()) continue;
      SCOPED_TRACE(fmt::format("{} {}: {} {}", file, i, exchanges[i].method, exchanges[i].target));
      const Recorded played = play(exchanges[i], server_.port());
      EXPECT_EQ(played.status, exchanges[i].status) << played.payload;
      const json theirs = json::parse(exchanges[i].payload, nullptr, false);
      if (theirs.is_discarded()) {
        if (exchanges[i].method != "HEAD") {
          EXPECT_EQ(played.payload, exchanges[i].payload);
        }
      } else {
        const json ours = json::parse(played.payload, nullptr, false);
        EXPECT_EQ(structure_of(ours), structure_of(theirs)) << played.payload;
      }
    }
  }

  MemoryCouchdb server_{options()};
  PlainClient client_{server_.url(), "admin", "secret"};
};

TEST_F(RecordedRequests, OfTheServer) {
  expect_alike("welcome");
  expect_alike("db-missing");
  expect_alike("db-bad-name");
  expect_alike("db-updates-unauthorized");
  expect_alike("unauthorized");
  expect_alike("forbidden");
  expect_alike("all-dbs");
}

TEST_F(RecordedRequests, OfDatabases) {
  for (const char* file : {"db-info", "db-head", "connection-close", "ensure-full-commit",
                           "all-docs", "all-docs-keys", "wrong-content-type"})
    expect_alike(file);
  expect_alike("db-create", {0});  // it is there already
}

TEST_F(RecordedRequests, OfFeeds) {
  for (const char* file : {"changes-normal", "changes-all-docs", "changes-include-docs",
                           "changes-include-docs-conflicts", "changes-since-now", "changes-limit-0",
                           "changes-since-bad", "changes-since-number", "changes-gzip"})
    expect_alike(file);
  // 500 comes with a number, `ref`, to be found in the server's log.
  expect_alike("changes-bad-params", {0, 3});
  EXPECT_EQ(play(recording(kCouchdb, "changes-bad-params"), server_.port()).status, 500);
  expect_alike("changes-limit", {1});  // since: CouchDB's own sequence
}

TEST_F(RecordedRequests, OfFeedsWithFewSequences) {
  const Recorded recorded = recording(kCouchdb, "changes-seq-interval");
  const json theirs = json::parse(recorded.payload).at("results");
  const json ours = json::parse(play(recorded, server_.port()).payload).at("results");
  ASSERT_EQ(ours.size(), theirs.size());
  for (std::size_t i = 0; i < ours.size(); ++i)
    EXPECT_EQ(ours[i].at("seq").is_null(), theirs[i].at("seq").is_null()) << i;
}

TEST_F(RecordedRequests, ShowTheSameDocuments) {
  const Recorded recorded = recording(kCouchdb, "changes-include-docs-conflicts");
  const auto rows_of = [](const std::string& payload) {
    const auto answer = json::parse(payload);
    std::map<std::string, json> rows;
    for (json row : answer.at("results")) {
      row.erase("seq");
      rows[row.at("id")] = row;
    }
    return rows;
  };
  EXPECT_EQ(rows_of(play(recorded, server_.port()).payload), rows_of(recorded.payload));
}

// The recorded database, pulled: what the store has is what the recorded feed says.
TEST_F(RecordedRequests, AreOfADatabaseThatIsReplicated) {
  const TemporaryFolder folder;
  replica::Store store(folder / "mail.db", replica::sqlite::Access::kReadWrite);
  replica::net::io_context context{1};
  replica::net::thread_pool workers{1};
  replica::CouchClient client(context.get_executor(), {server_.url(), "admin", "secret", {}});
  replica::Replicator replicator(client, "t-mail", store, workers, {});
  (void)support::run(context, replicator.pull_until_caught_up());

  const json feed = json::parse(recording(kCouchdb, "changes-include-docs").payload);
  std::int64_t documents = 0;
  for (const json& row : feed.at("results")) {
    const std::string id = row.at("id");
    if (id.starts_with("_design/")) continue;
    SCOPED_TRACE(id);
    const auto document = store.read(id);
    const auto tree = store.tree(id);
    ASSERT_TRUE(document && tree);
    EXPECT_EQ(json::parse(document->body), row.at("doc"));
    EXPECT_EQ(document->change.rev.to_string(), row.at("doc").at("_rev"));
    EXPECT_EQ(document->change.deleted, row.value("deleted", false));
    std::set<std::string> ours, theirs;
    for (const auto& leaf : tree->leaves()) ours.insert(leaf.rev.to_string());
    for (const json& change : row.at("changes")) theirs.insert(change.at("rev"));
    EXPECT_EQ(ours, theirs);
    if (!document->change.deleted) ++documents;
  }
  EXPECT_EQ(store.counts().documents, documents);
  EXPECT_TRUE(store.quarantined().empty());
}

TEST_F(RecordedRequests, OfDocuments) {
  expect_alike("doc-get");
  expect_alike("doc-get-304");
  expect_alike("doc-odd-id");
  expect_alike("doc-delete", {0});  // it is deleted already
  expect_alike("doc-put", {0, 1});  // they are there already
  expect_alike("revs-diff", {0});  // possible_ancestors, which a pull does not read
  for (const char* file : {"open-revs-json", "open-revs-all", "bulk-get", "bulk-get-missing",
                           "bulk-get-latest", "bulk-get-bad", "gzip-request"})
    expect_alike(file);
}

TEST_F(RecordedRequests, OfLocalDocuments) {
  expect_alike("local-doc");
  expect_alike("local-odd-name");
}

TEST_F(RecordedRequests, OfAttachments) {
  for (const char* file :
       {"att-stubs", "att-get-plain", "att-get-gzip", "att-get-png", "att-get-range",
        "att-get-missing", "att-changes-stubs", "att-changes-inline", "att-bulk-get"})
    expect_alike(file);
  // Digests are those of CouchDB: of the bytes that it compressed.
  const Recorded recorded = recording(kCouchdb, "att-stubs");
  EXPECT_EQ(json::parse(play(recorded, server_.port()).payload), json::parse(recorded.payload));
}

TEST_F(RecordedRequests, OfPurges) {
  expect_alike("purge", {4});  // since: CouchDB's own sequence
  expect_alike("purged-infos");
}

}  // namespace
}  // namespace support
