#include "replica/replicator.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "replica/workers.hpp"
#include "tests/replica/replicator_fixture.hpp"

namespace replica {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(ReplicatorTest, TakesDocumentsOfTheFirstGenerationFromTheFeed) {
  const PullSummary summary =
      pull({welcome(), database(),
            get(feed("0"), chunked_answer(page({row("a", "1-x", R"(,"n":1e400,"s":"\ud800")"),
                                                row("_design/mail", "1-d"), row("b", "1-y")},
                                               R"("3-g1A")"),
                                          33))});
  EXPECT_EQ(summary.rows, 3U);
  EXPECT_EQ(summary.documents, 2U);
  EXPECT_EQ(summary.quarantined, 0U);
  EXPECT_EQ(commits_, 1);
  EXPECT_EQ(body("a"), R"({"_id":"a","_rev":"1-x","n":1e400,"s":"\ud800"})");
  EXPECT_EQ(body("_design/mail"), "none");
  EXPECT_EQ(store_.checkpoint(), (Checkpoint{{R"("3-g1A")"}, "1700000000", R"("0-p")", ""}));
}

TEST_F(ReplicatorTest, PassesOverWhatIsNoDocument) {
  const PullSummary summary = pull(
      {welcome(), database(),
       get(feed("0"), answer(page({R"({"seq":1,"id":"_user/alice","changes":[]})",
                                   R"({"seq":2,"id":"_role/x"})", bare_row("_user/bob", {"1-b"}),
                                   R"({"seq":3,"id":"nothing","changes":[]})", row("a", "1-x")},
                                  R"("3-g1A")")))});
  EXPECT_EQ(summary.documents, 1U);
  EXPECT_EQ(summary.quarantined, 0U);
}

TEST_F(ReplicatorTest, FetchesLaterGenerationsAndConflictsWithTheirAncestors) {
  const std::string conflict =
      R"({"seq":null,"id":"c","changes":[{"rev":"2-y"},{"rev":"2-x"}],"doc":{"_id":"c","_rev":"2-y"}})";
  pull({welcome(), database(),
        get(feed("0"), answer(page({row("a", "1-x"), row("b", "2-b"), conflict}, R"("5-g1A")"))),
        post(kBulkGet,
             R"({"docs":[{"id":"b","rev":"2-b"},{"id":"c","rev":"2-y"},{"id":"c","rev":"2-x"}]})",
             answer(results(
                 {fetched("b", 2, "b,a"), fetched("c", 2, "y,w"), fetched("c", 2, "x,w")})))});
  EXPECT_EQ(body("b"), R"({"_id":"b","_rev":"2-b"})");
  ASSERT_TRUE(store_.tree("c"));
  EXPECT_EQ(store_.tree("c")->leaves().size(), 2U);
  EXPECT_EQ(store_.tree("c")->conflicts(), 1);
  EXPECT_THAT(store_.tree("b")->leaves().front().ancestors, ElementsAre("a"));
}

TEST_F(ReplicatorTest, FollowsThePagesAndResumesAtTheCheckpoint) {
  // After a small page the next is as large as it may be.
  pull({welcome(), database(), get(feed("0"), answer(page({row("a", "1-x")}, R"("1-g\/")", 2))),
        get(feed("1-g%2F", 4000), answer(page({}, R"("2-h")", 1))),
        get(feed("2-h", 4000), answer(page({row("b", "1-y")}, "[3,\"i\"]")))});
  EXPECT_EQ(store_.checkpoint().since.json, "[3,\"i\"]");
  const PullSummary again =
      pull({welcome(), database(), get(feed("%5B3%2C%22i%22%5D"), answer(page({}, "[3,\"i\"]")))});
  EXPECT_EQ(again.rows, 0U);
  EXPECT_EQ(commits_, 2);
}

TEST_F(ReplicatorTest, KeepsTheSequenceOfAnEmptyPage) {
  pull({welcome(), database(), get(feed("0"), answer(page({}, R"("7-g")")))});
  EXPECT_EQ(store_.checkpoint().since.json, R"("7-g")");
}

TEST_F(ReplicatorTest, EndsWithTheSecondEmptyPageThoughMoreIsSaidToBePending) {
  pull({welcome(), database(), get(feed("0"), answer(page({row("a", "1-a")}, R"("1-g")", 3))),
        get(feed("1-g", 4000), answer(page({}, R"("1-h")", 3))),
        get(feed("1-h", 4000), answer(page({}, R"("1-i")", 3)))});
  EXPECT_EQ(store_.checkpoint().since.json, R"("1-i")");
}

TEST_F(ReplicatorTest, AsksForLargeWindowsWithoutDocumentsWhereThoseAreNotComplete) {
  // The ids of a window are asked for in their order, neighbours at the source.
  pull({welcome(), database(),
        get(feed("0"),
            answer(page({row("a", "2-a"), row("b", "1-b"), row("c", "3-c")}, R"("3-g")", 3))),
        post(kBulkGet, R"({"docs":[{"id":"a","rev":"2-a"},{"id":"c","rev":"3-c"}]})",
             answer(results({fetched("a", 2, "a,0"), fetched("c", 3, "c,1,0")}))),
        get(window("3-g"),
            answer(page({bare_row("f", {"1-f"}), bare_row("d", {"1-d"}), bare_row("e", {"2-e"})},
                        R"("6-g")", 1))),
        post(kBulkGet,
             R"({"docs":[{"id":"d","rev":"1-d"},{"id":"e","rev":"2-e"},{"id":"f","rev":"1-f"}]})",
             answer(results({fetched("d", 1, "d"), fetched("e", 2, "e,0"), fetched("f", 1, "f")}))),
        // Most of them were complete: with documents again.
        get(feed("6-g", 4000), answer(page({row("g", "1-g")}, R"("7-g")")))});
  EXPECT_EQ(store_.counts().documents, 7);
  EXPECT_EQ(store_.checkpoint().since.json, R"("7-g")");
}

TEST_F(ReplicatorTest, RowsMayComeTwiceAndInAnyOrder) {
  const std::string deleted =
      R"({"seq":null,"id":"b","deleted":true,"changes":[{"rev":"2-d"}],"doc":{"_id":"b","_rev":"2-d","_deleted":true}})";
  pull(
      {welcome(), database(),
       get(feed("0"),
           answer(page({row("b", "1-b"), row("a", "1-a"), row("a", "1-a"), deleted}, R"("4-g")"))),
       post(kBulkGet, R"({"docs":[{"id":"b","rev":"2-d"}]})",
            answer(R"({"results":[{"id":"b","docs":[{"ok":{"_id":"b","_rev":"2-d","_deleted":true,)"
                   R"("_revisions":{"start":2,"ids":["d","b"]}}}]}]})"))});
  EXPECT_EQ(store_.counts().documents, 1);
  EXPECT_EQ(store_.counts().deleted, 1);
  // A sequence that went back, and a document that was created again after its deletion.
  const PullSummary again =
      pull({welcome(), database(),
            get(feed("4-g"), answer(page({row("a", "1-a"), row("b", "3-e")}, R"("3-h")"))),
            post(kBulkGet, R"({"docs":[{"id":"b","rev":"3-e"}]})",
                 answer(results({fetched("b", 3, "e,d,b")})))});
  EXPECT_EQ(again.documents, 1U);
  EXPECT_THAT(leaves_of("b"), ElementsAre("3-e"));
  EXPECT_EQ(store_.counts().documents, 2);
}

TEST_F(ReplicatorTest, QuarantinesWhatCannotBeTakenOverAndTriesAgain) {
  const std::string deep =
      row("deep", "1-d", ",\"x\":" + std::string(10'000, '[') + std::string(10'000, ']'));
  const std::string broken = R"({"id":"broken","changes":[{"rev":"zzz"}]})";
  const std::string missing = R"({"results":[{"id":"gone","docs":[{"missing":"2-g"}]}]})";
  const PullSummary first =
      pull({welcome(), database(),
            get(feed("0"),
                answer(page({row("a", "1-x"), deep, broken, row("gone", "2-g")}, R"("4-g")"))),
            post(kBulkGet, "2-g", answer(missing))});
  EXPECT_EQ(first.documents, 1U);
  EXPECT_EQ(first.quarantined, 3U);
  EXPECT_EQ(store_.checkpoint().since.json, R"("4-g")");
  EXPECT_EQ(store_.quarantined().size(), 3U);

  const auto nothing = answer(R"({"error":"not_found","reason":"missing"})", 404);
  // Not before its time has come.
  pull({welcome(), database(), get(feed("4-g"), answer(page({}, R"("4-g")")))});
  EXPECT_EQ(store_.quarantined().size(), 3U);

  retry({welcome(), database(), leaves("broken", R"([{"ok":{"_id":"broken","_rev":"1-b"}}])"),
         gone("gone"),
         leaves("deep", R"([{"ok":{"_rev":"1-d","x":)" + std::string(10'000, '[') +
                            std::string(10'000, ']') + "}}]"),
         get(feed("4-g"), answer(page({}, R"("4-g")")))});
  ASSERT_EQ(store_.quarantined().size(), 1U);
  EXPECT_EQ(store_.quarantined().front().id, "deep");
  EXPECT_THAT(store_.quarantined().front().reason, HasSubstr("nests deeper"));
  EXPECT_EQ(body("broken"), R"({"_id":"broken","_rev":"1-b"})");
}

TEST_F(ReplicatorTest, ATruncatedPageMovesNothing) {
  pull({welcome(), database(), get(feed("0"), answer(page({row("a", "1-x")}, R"("1-g")")))});
  const std::string whole =
      chunked_answer(page({row("b", "1-y"), row("c", "1-z")}, R"("3-g")"), 50);
  for (std::size_t size = 0; size < whole.size(); size += 23) {
    std::vector<Exchange> script = {welcome(), database()};
    // With documents, once more, and without; each time the source is asked whether it is well.
    for (const std::string& request : {feed("1-g"), feed("1-g"), window("1-g", 1000)}) {
      Exchange cut = get(request, whole.substr(0, size));
      cut.close = true;
      script.push_back(cut);
      if (size == 0) script.push_back(cut);  // nothing came over a kept connection: asked once more
    }
    // A server that did not answer may be another one now.
    script.insert(script.end(), {welcome(), database(), welcome(), database()});
    EXPECT_THROW(pull(std::move(script)), SourceError) << whole.substr(0, size);
    EXPECT_EQ(store_.checkpoint().since.json, R"("1-g")") << whole.substr(0, size);
  }
  EXPECT_EQ(body("b"), "none");
}

TEST_F(ReplicatorTest, WhatWasCommittedBeforeAnErrorStays) {
  EXPECT_THROW(
      pull({welcome(), database(), get(feed("0"), answer(page({row("a", "1-x")}, R"("1-g")", 5))),
            get(feed("1-g", 4000), answer("{}", 503)), get("GET /mail/", answer("{}", 503))}),
      SourceError);
  EXPECT_EQ(store_.checkpoint().since.json, R"("1-g")");
  EXPECT_EQ(body("a"), R"({"_id":"a","_rev":"1-x"})");
}

TEST_F(ReplicatorTest, AFetchThatFailsKeepsTheCheckpoint) {
  EXPECT_THROW(
      pull({welcome(), database(), get(feed("0"), answer(page({row("a", "2-x")}, R"("1-g")"))),
            post(kBulkGet, "", answer("{}", 503)), get("GET /mail/", answer("{}", 503))}),
      SourceError);
  EXPECT_EQ(store_.checkpoint().since.json, "");
}

TEST_F(ReplicatorTest, EndsWhenTheSourceIsClosed) {
  Exchange slow = get(feed("1-g", 4000), answer("{}"));
  slow.delay = 10s;
  const ScriptedServer server({welcome(), database(),
                               get(feed("0"), answer(page({row("a", "1-x")}, R"("1-g")", 5))),
                               slow});
  net::io_context context{1};
  net::thread_pool workers{1};
  CouchClient client(context.get_executor(), {server.url(), "", "", {}});
  Replicator replicator(client, "mail", store_, workers, [&](const PullSummary&) {
    net::post(context, [&client] { client.close(); });
  });
  EXPECT_THROW((void)support::run(context, replicator.pull_until_caught_up()), SourceError);
  EXPECT_EQ(store_.checkpoint().since.json, R"("1-g")");
}

TEST(Workers, RunAndResume) {
  net::io_context context{1};
  net::thread_pool workers{1};
  EXPECT_EQ(support::run(context, run_on(workers, [] { return std::string("done"); })), "done");
  EXPECT_THROW((void)support::run(
                   context, run_on(workers, []() -> int { throw std::runtime_error("broken"); })),
               std::runtime_error);
}

TEST(Workers, FinishWhenNobodyWaitsAnyMore) {
  net::thread_pool workers{1};
  bool finished = false;
  {
    net::io_context context{1};
    net::co_spawn(context, run_on(workers, [&finished] { finished = true; }), net::detached);
    context.run_one();
    workers.join();
  }
  EXPECT_TRUE(finished);
}

TEST_F(ReplicatorTest, LeavesDocumentsOfNoSourceAlone) {
  Batch imported;
  imported.revisions.push_back({"a", {1, "x"}, {}, false, R"({"_id":"a"})"});
  store_.commit(imported);
  try {
    pull({welcome(), database()});
    FAIL() << "documents that the source lacks were taken for a replica of it";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("of its own"));
  }
  EXPECT_EQ(body("a"), R"({"_id":"a"})");
}

}  // namespace
}  // namespace replica
