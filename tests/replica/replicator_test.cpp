#include "replica/replicator.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

#include "replica/workers.hpp"
#include "tests/support/awaiting.hpp"
#include "tests/support/scripted_server.hpp"
#include "tests/support/support.hpp"

namespace replica {
namespace {

using namespace std::chrono_literals;
using support::answer;
using support::chunked_answer;
using support::Exchange;
using support::ScriptedServer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Exchange get(const std::string& request, const std::string& raw_answer) {
  Exchange exchange;
  exchange.request = request;
  exchange.answer = raw_answer;
  return exchange;
}

Exchange post(const std::string& request, const std::string& body, const std::string& raw_answer) {
  Exchange exchange = get(request, raw_answer);
  exchange.body = body;
  return exchange;
}

Exchange welcome() {
  return get("GET /", answer(R"({"couchdb":"Welcome","version":"3.5.0","uuid":"9cb8"})"));
}

Exchange database(const std::string& incarnation = "1700000000") {
  return get(
      "GET /mail",
      answer(R"({"db_name":"mail","update_seq":"9-g1A","doc_count":3,"instance_start_time":")" +
             incarnation + R"("})"));
}

std::string feed(const std::string& since, std::size_t limit = 1000) {
  return fmt::format(
      "GET /mail/_changes?style=all_docs&limit={}&since={}&include_docs=true&seq_interval={}",
      limit, since, limit);
}

std::string row(const std::string& id, const std::string& rev, const std::string& more = {}) {
  return fmt::format(
      R"({{"seq":null,"id":"{0}","changes":[{{"rev":"{1}"}}],"doc":{{"_id":"{0}","_rev":"{1}"{2}}}}})",
      id, rev, more);
}

std::string page(const std::vector<std::string>& rows, const std::string& last_seq,
                 int pending = 0) {
  std::string json = "{\"results\":[\n";
  for (std::size_t i = 0; i < rows.size(); ++i) json += (i > 0 ? ",\n" : "") + rows[i];
  return json + fmt::format("\n],\n\"last_seq\":{},\"pending\":{}}}\n", last_seq, pending);
}

// A store, and the pulls of it from scripted servers.
class ReplicatorTest : public testing::Test {
 protected:
  PullSummary pull(std::vector<Exchange> script) {
    const ScriptedServer server(std::move(script));
    net::io_context context{1};
    net::thread_pool workers{1};
    CouchClient client(context.get_executor(), {server.url(), "", "", {}}, {5s, 5s});
    Replicator replicator(client, "mail", store_, workers,
                          [this](const PullSummary&) { ++commits_; });
    struct Check {
      const ScriptedServer& server;
      ~Check() { EXPECT_EQ(server.complaints(), ""); }
    } check{server};
    return support::run(context, replicator.pull_until_caught_up());
  }

  std::string body(const std::string& id) const {
    const auto document = store_.read(id);
    return document ? document->body : "none";
  }

  support::TemporaryFolder folder_;
  Store store_{folder_ / "mail.db", sqlite::Access::kReadWrite};
  int commits_ = 0;
};

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
  EXPECT_EQ(store_.checkpoint(), (Checkpoint{{R"("3-g1A")"}, "1700000000"}));
}

TEST_F(ReplicatorTest, FetchesLaterGenerationsAndConflictsWithTheirAncestors) {
  const std::string conflict =
      R"({"seq":null,"id":"c","changes":[{"rev":"2-y"},{"rev":"2-x"}],"doc":{"_id":"c","_rev":"2-y"}})";
  const std::string fetched =
      R"({"results":[{"id":"b","docs":[{"ok":{"_id":"b","_rev":"2-b","_revisions":{"start":2,"ids":["b","a"]}}}]},)"
      R"({"id":"c","docs":[{"ok":{"_id":"c","_rev":"2-y","_revisions":{"start":2,"ids":["y","w"]}}}]},)"
      R"({"id":"c","docs":[{"ok":{"_id":"c","_rev":"2-x","_revisions":{"start":2,"ids":["x","w"]}}}]}]})";
  pull({welcome(), database(),
        get(feed("0"), answer(page({row("a", "1-x"), row("b", "2-b"), conflict}, R"("5-g1A")"))),
        post("POST /mail/_bulk_get?revs=true&latest=true",
             R"({"docs":[{"id":"b","rev":"2-b"},{"id":"c","rev":"2-y"},{"id":"c","rev":"2-x"}]})",
             answer(fetched))});
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

TEST_F(ReplicatorTest, BeginsAnewInAnotherIncarnationOfTheDatabase) {
  const auto rows = page({row("a", "1-x")}, R"("1-g")");
  pull({welcome(), database("1"), get(feed("0"), answer(rows))});
  const PullSummary again = pull({welcome(), database("2"), get(feed("0"), answer(rows))});
  EXPECT_EQ(again.rows, 1U);
  EXPECT_EQ(again.documents, 0U);
  EXPECT_EQ(store_.checkpoint().incarnation, "2");
}

TEST_F(ReplicatorTest, BeginsAnewWhenTheServerDoesNotKnowItsSequence) {
  pull({welcome(), database(), get(feed("0"), answer(page({}, "17")))});
  const std::string refused =
      R"({"error":"bad_request","reason":"Malformed sequence supplied in 'since' parameter."})";
  pull({welcome(), database(), get(feed("17"), answer(refused, 400)),
        get(feed("0"), answer(page({row("a", "1-x")}, R"("1-g")")))});
  EXPECT_EQ(body("a"), R"({"_id":"a","_rev":"1-x"})");
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
            post("POST /mail/_bulk_get?revs=true&latest=true", "2-g", answer(missing))});
  EXPECT_EQ(first.documents, 1U);
  EXPECT_EQ(first.quarantined, 3U);
  EXPECT_EQ(store_.checkpoint().since.json, R"("4-g")");
  EXPECT_EQ(store_.quarantined().size(), 3U);

  const auto nothing = answer(R"({"error":"not_found","reason":"missing"})", 404);
  pull({welcome(), database(),
        get("GET /mail/broken?revs=true&open_revs=all",
            answer(R"([{"ok":{"_id":"broken","_rev":"1-b"}}])")),
        get("GET /mail/gone?revs=true&open_revs=all", nothing),
        get("GET /mail/deep?revs=true&open_revs=all",
            answer(R"([{"ok":{"_rev":"1-d","x":)" + std::string(10'000, '[') +
                   std::string(10'000, ']') + "}}]")),
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
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    Exchange cut = get(feed("1-g"), whole.substr(0, size));
    cut.close = true;
    std::vector<Exchange> script = {welcome(), database(), cut};
    if (size == 0) script.push_back(cut);  // nothing came over a kept connection: asked once more
    EXPECT_THROW(pull(std::move(script)), SourceError) << whole.substr(0, size);
    EXPECT_EQ(store_.checkpoint().since.json, R"("1-g")") << whole.substr(0, size);
  }
  EXPECT_EQ(body("b"), "none");
}

TEST_F(ReplicatorTest, WhatWasCommittedBeforeAnErrorStays) {
  EXPECT_THROW(
      pull({welcome(), database(), get(feed("0"), answer(page({row("a", "1-x")}, R"("1-g")", 5))),
            get(feed("1-g", 4000), answer("{}", 503))}),
      SourceError);
  EXPECT_EQ(store_.checkpoint().since.json, R"("1-g")");
  EXPECT_EQ(body("a"), R"({"_id":"a","_rev":"1-x"})");
}

TEST_F(ReplicatorTest, AFetchThatFailsKeepsTheCheckpoint) {
  EXPECT_THROW(
      pull({welcome(), database(), get(feed("0"), answer(page({row("a", "2-x")}, R"("1-g")"))),
            post("POST /mail/_bulk_get?revs=true&latest=true", "", answer("{}", 500))}),
      SourceError);
  EXPECT_EQ(store_.checkpoint().since.json, "");
}

TEST_F(ReplicatorTest, WaitsForAChange) {
  const std::string feed_of_one =
      "GET /mail/_changes?style=all_docs&limit=1&since=0&seq_interval=1&feed=longpoll&timeout=2000";
  const ScriptedServer server({welcome(), get(feed_of_one, answer(page({row("a", "1-x")}, "1"))),
                               get(feed_of_one, answer(page({}, "0")))});
  net::io_context context{1};
  net::thread_pool workers{1};
  CouchClient client(context.get_executor(), {server.url(), "", "", {}});
  Replicator replicator(client, "mail", store_, workers, {});
  EXPECT_TRUE(support::run(context, replicator.wait_for_change(2s)));
  EXPECT_FALSE(support::run(context, replicator.wait_for_change(2s)));
  EXPECT_EQ(server.complaints(), "");
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
  EXPECT_EQ(support::run(context, on(workers, [] { return std::string("done"); })), "done");
  EXPECT_THROW(
      (void)support::run(context, on(workers, []() -> int { throw std::runtime_error("broken"); })),
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

}  // namespace
}  // namespace replica
