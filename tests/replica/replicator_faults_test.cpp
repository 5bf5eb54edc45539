// One document, one answer or the whole source that fails.
#include "tests/replica/replicator_fixture.hpp"

namespace replica {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class FaultsTest : public ReplicatorTest {
 protected:
  static Exchange four_rows() {
    return get(feed("0"),
               answer(page({row("a", "2-a"), row("b", "2-b"), row("c", "2-c"), row("d", "2-d")},
                           R"("4-g")")));
  }
  static Exchange bulk(const std::string& ids, const std::string& raw_answer) {
    std::string body = R"({"docs":[)";
    for (const char id : ids)
      body += fmt::format(R"({}{{"id":"{}","rev":"2-{}"}})", body.back() == '}' ? "," : "", id, id);
    return post(kBulkGet, body + "]}", raw_answer);
  }
  static std::string came(const std::string& ids) {
    std::vector<std::string> rows;
    for (const char id : ids)
      rows.push_back(fetched(std::string(1, id), 2, fmt::format("{},0", id)));
    return answer(results(rows));
  }
};

TEST_F(FaultsTest, AFetchThatFailsForOneDocumentIsHalved) {
  const std::string fails = answer(R"({"error":"unknown_error"})", 500);
  const PullSummary summary =
      pull({welcome(), database(), four_rows(), bulk("abcd", fails), database(),
            bulk("ab", came("ab")), bulk("cd", fails), database(), bulk("c", fails), database(),
            leaves("c", R"({"error":"unknown_error"})", 500), database(), bulk("d", came("d"))});
  EXPECT_EQ(summary.documents, 3U);
  EXPECT_EQ(summary.quarantined, 1U);
  ASSERT_EQ(store_.quarantined().size(), 1U);
  EXPECT_EQ(store_.quarantined().front().id, "c");
  EXPECT_THAT(store_.quarantined().front().reason, HasSubstr("500"));
  EXPECT_EQ(store_.checkpoint().since.json, R"("4-g")");
}

TEST_F(FaultsTest, ADocumentThatComesByAnotherRouteIsTaken) {
  const std::string fails = answer("too large", 413);
  pull({welcome(), database(), get(feed("0"), answer(page({row("c", "2-c")}, R"("4-g")"))),
        bulk("c", fails), database(),
        leaves("c",
               R"([{"ok":{"_id":"c","_rev":"2-c","_revisions":{"start":2,"ids":["c","0"]}}}])")});
  EXPECT_THAT(leaves_of("c"), ElementsAre("2-c"));
  EXPECT_TRUE(store_.quarantined().empty());
}

TEST_F(FaultsTest, ASourceThatIsDownQuarantinesNothing) {
  const auto soon = answer("{}", 503, "Retry-After: 9\r\n");
  for (const std::string& refused : {answer("{}", 401), soon}) {
    EXPECT_THROW(pull({welcome(), database(), four_rows(), bulk("abcd", refused)}), SourceError);
  }
  for (const int status : {403, 500, 502, 503, 504}) {
    const auto down = answer("{}", status);
    EXPECT_THROW(
        pull({welcome(), database(), four_rows(), bulk("abcd", down), get("GET /mail/", down)}),
        SourceError)
        << status;
  }
  EXPECT_TRUE(store_.quarantined().empty());
  EXPECT_EQ(store_.checkpoint().since.json, "");
}

// A gateway's answers, which a database that is well contradicts.
TEST_F(FaultsTest, WhatAGatewayRefusesIsHalvedAndAskedForAgainAfterAPause) {
  const std::string fails = answer("<html>", 504);
  const auto pause_began = std::chrono::steady_clock::now();
  const std::string late =
      R"([{"ok":{"_id":"b","_rev":"2-b","_revisions":{"start":2,"ids":["b","0"]}}}])";
  pull({welcome(), database(), four_rows(), bulk("abcd", fails), database(), bulk("ab", fails),
        database(), bulk("a", fails), database(), leaves("a", "<html>", 403), database(),
        bulk("b", fails), database(), leaves("b", "<html>", 503), database(),
        bulk("cd", came("cd")), leaves("a", "<html>", 403), database(), leaves("b", late)});
  EXPECT_GE(std::chrono::steady_clock::now() - pause_began, tuning::kGatewayPause);
  EXPECT_THAT(leaves_of("b"), ElementsAre("2-b")) << "that was a short outage";
  ASSERT_EQ(store_.quarantined().size(), 1U);
  EXPECT_EQ(store_.quarantined().front().id, "a");
  EXPECT_EQ(store_.checkpoint().since.json, R"("4-g")");

  // In quarantine it holds nothing up.
  retry({welcome(), database(), leaves("a", "<html>", 403), database(),
         get(feed("4-g"), answer(page({}, R"("4-g")")))});
  EXPECT_EQ(store_.quarantined().size(), 1U);
}

TEST_F(FaultsTest, AGatewayThatRefusesAllDocumentsQuarantinesNothing) {
  std::vector<std::string> rows;
  std::vector<Exchange> script;
  Exchange well = database(), refused = post(kBulkGet, "", answer("<html>", 503));
  well.optional = refused.optional = true;
  for (int i = 0; i < 40; ++i) {
    const std::string id = fmt::format("m{}", i);
    rows.push_back(row(id, "2-" + id));
    script.push_back(leaves(id, "<html>", 503));
    script.back().optional = true;
  }
  script.insert(script.end(),
                {welcome(), well, refused, get(feed("0"), answer(page(rows, R"("6-g")")))});
  EXPECT_THROW(pull(std::move(script)), SourceError);
  EXPECT_TRUE(store_.quarantined().empty());
  EXPECT_EQ(store_.checkpoint().since.json, "");
}

// CouchDB answers so for each document of a request that failed as a whole.
TEST_F(FaultsTest, AClusterWhoseNodesDoNotAnswerQuarantinesNothing) {
  const auto failed = [](const std::string& ids) {
    std::vector<std::string> rows;
    for (const char id : ids) {
      rows.push_back(fmt::format(R"({{"id":"{0}","docs":[{{"error":{{"id":"{0}","rev":"2-{0}",)"
                                 R"("error":"internal_fabric_error","reason":"timeout"}}}}]}})",
                                 id));
    }
    return answer(results(rows));
  };
  const auto alone = leaves("a", R"({"error":"timeout","reason":"not in time"})", 500);
  const PullSummary summary = pull(
      {welcome(), database(), four_rows(), bulk("abcd", failed("abcd")), database(),
       bulk("ab", failed("ab")), database(), bulk("a", failed("a")), database(), alone, database(),
       bulk("b", came("b")), bulk("cd", came("cd")),
       leaves("a",
              R"([{"ok":{"_id":"a","_rev":"2-a","_revisions":{"start":2,"ids":["a","0"]}}}])")});
  EXPECT_EQ(summary.documents, 4U);
  EXPECT_TRUE(store_.quarantined().empty());
}

TEST_F(FaultsTest, AnAnswerThatBreaksOffIsHalvedToo) {
  Exchange broken = bulk("abcd", came("abcd").substr(0, 150));
  broken.close = true;
  Exchange rubbish = bulk("ab", answer("<html>"));
  pull({welcome(), database(), four_rows(), broken, welcome(), database(), rubbish, database(),
        bulk("a", came("a")), bulk("b", came("b")), bulk("cd", came("cd"))});
  EXPECT_EQ(store_.counts().documents, 4);
}

TEST_F(FaultsTest, APageThatCannotBeHadComesWithoutDocuments) {
  const std::string fails = answer(R"({"error":"unknown_error"})", 500);
  pull({welcome(), database(), get(feed("0"), fails), database(), get(feed("0"), fails), database(),
        get(window("0", 1000), answer(page({bare_row("a", {"2-a"})}, R"("1-g")", 1))),
        bulk("a", came("a")),
        get(window("1-g"), answer(page({bare_row("b", {"2-b"})}, R"("2-g")"))),
        bulk("b", came("b"))});
  EXPECT_EQ(store_.counts().documents, 2);
}

TEST_F(FaultsTest, AGatewayThatHasNoTimeForAWindowIsAskedForFewerRows) {
  const std::string slow = answer("<html>", 504);
  pull({welcome(), database(),
        get(feed("0"), answer(page({bare_row("a", {"2-a"})}, R"("1-g")", 3))), bulk("a", came("a")),
        get(window("1-g"), slow), database(), get(window("1-g", 2'500), slow), database(),
        get(window("1-g", 625), answer(page({bare_row("b", {"2-b"})}, R"("2-g")", 1))),
        bulk("b", came("b")),
        get(window("2-g", 625), answer(page({bare_row("c", {"2-c"})}, R"("3-g")"))),
        bulk("c", came("c"))});
  EXPECT_EQ(store_.counts().documents, 3);
}

TEST_F(FaultsTest, AWindowOfLongRowsIsOfFewer) {
  options_.batch_bytes = 3'000;
  const std::string tail(1'700, 'x');
  const std::vector<std::string> long_rows = {bare_row('b' + tail, {"2-b"}),
                                              bare_row('c' + tail, {"2-c"})};
  const auto came_alone = [&tail](char id) {
    return answer(results({fetched(id + tail, 2, std::string(1, id) + ",z")}));
  };
  pull({welcome(), database(), get(feed("0"), answer(page({row("a", "2-a")}, R"("1-g")", 3))),
        bulk("a", came("a")), get(window("1-g"), answer(page(long_rows, R"("3-g")", 1))),
        get(window("1-g", 2'500), answer(page({long_rows[0]}, R"("2-g")", 2))),
        post(kBulkGet, 'b' + tail, came_alone('b')),
        get(window("2-g", tuning::kMinPageRows), answer(page(long_rows, R"("3-g")"))),
        post(kBulkGet, 'c' + tail, came_alone('c'))});
  EXPECT_EQ(store_.counts().documents, 3);
}

TEST_F(FaultsTest, ARemovedRowHarmsItselfOnly) {
  const std::string removed = R"({"seq":"2-g","id":"gone","removed":true,"changes":[]})";
  const PullSummary summary =
      pull({welcome(), database(),
            get(feed("0"), answer(page({removed, row("a", "1-a")}, R"("3-g")")))});
  EXPECT_EQ(summary.documents, 1U);
  retry({welcome(), database(), gone("gone"), get(feed("3-g"), answer(page({}, R"("3-g")")))});
  EXPECT_TRUE(store_.quarantined().empty());
}

TEST_F(FaultsTest, ANewerRevisionEndsQuarantine) {
  pull({welcome(), database(), get(feed("0"), answer(page({row("a", "2-a")}, R"("1-g")"))),
        bulk("a", answer(R"({"results":[{"id":"a","docs":[{"missing":"2-a"}]}]})"))});
  EXPECT_EQ(store_.quarantined().size(), 1U);
  pull({welcome(), database(), get(feed("1-g"), answer(page({row("a", "3-b")}, R"("2-g")"))),
        post(kBulkGet, "3-b", answer(results({fetched("a", 3, "b,a,0")})))});
  EXPECT_TRUE(store_.quarantined().empty());
}

TEST_F(FaultsTest, WhatIsCommittedIsBoundedInBytes) {
  options_.batch_bytes = 1'000;
  const std::string text(600, 'x');
  // Two requests are under way at once: each answer holds all.
  std::vector<std::string> rows, documents;
  for (const char id : std::string("abcdef")) {
    const std::string name(1, id);
    rows.push_back(row(name, "2-" + name, R"(,"text":")" + text + "\""));
    documents.push_back(fmt::format(
        R"({{"id":"{0}","docs":[{{"ok":{{"_id":"{0}","_rev":"2-{0}","text":"{1}","_revisions":{{"start":2,"ids":["{0}","0"]}}}}}}]}})",
        id, text));
  }
  std::vector<Exchange> script(rows.size(), post(kBulkGet, "", answer(results(documents))));
  script.insert(script.end(),
                {welcome(), database(), get(feed("0"), answer(page(rows, R"("6-g")")))});
  pull(std::move(script));
  EXPECT_EQ(store_.counts().documents, 6);
  EXPECT_EQ(commits_, 3);
}

}  // namespace
}  // namespace replica
