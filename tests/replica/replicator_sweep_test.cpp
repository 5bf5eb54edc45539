// The source is not the one any more of which the checkpoint speaks, or says nothing of what it forgot.
#include <atomic>

#include "tests/replica/replicator_fixture.hpp"

namespace replica {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SweepTest : public ReplicatorTest {
 protected:
  // a, b and c of the first generation, up to "3-g".
  void pull_three() {
    pull({welcome(), database(),
          get(feed("0"),
              answer(page({row("a", "1-a"), row("b", "1-b"), row("c", "1-c")}, R"("3-g")")))});
  }

  static Exchange nothing_new() { return get(feed("3-g"), answer(page({}, R"("3-g")"))); }
};

Database another_life() {
  Database info;
  info.incarnation = "1800000000";
  return info;
}

TEST_F(SweepTest, FetchesWhatIsMissingAndPurgesWhatIsGone) {
  pull_three();
  const PullSummary summary =
      pull({welcome(), database(another_life()),
            get(window("0"), answer(page({bare_row("_design/x", {"1-x"}), bare_row("d", {"1-d"}),
                                          bare_row("b", {"2-z"}), bare_row("a", {"1-a"})},
                                         R"("4-h")"))),
            post(kBulkGet, R"({"docs":[{"id":"b","rev":"2-z"},{"id":"d","rev":"1-d"}]})",
                 answer(results({fetched("b", 2, "z,y"), fetched("d", 1, "d")}))),
            // A sweep takes no short page for the last.
            get(window("4-h"), answer(page({}, R"("4-h")")))});
  EXPECT_TRUE(summary.swept);
  EXPECT_EQ(summary.documents, 3U);
  EXPECT_THAT(leaves_of("b"), ElementsAre("2-z"));  // 1-b is no ancestor of it, and gone
  EXPECT_EQ(body("c"), "purged");
  EXPECT_EQ(store_.counts().documents, 3);
  EXPECT_FALSE(store_.is_sweeping());
  EXPECT_EQ(store_.checkpoint(), (Checkpoint{{R"("4-h")"}, "1800000000", R"("0-p")", ""}));
}

TEST_F(SweepTest, FetchesNothingTwiceFromASourceThatMoved) {
  pull_three();
  const LocalSeq before = store_.last_seq();
  const PullSummary summary = pull(
      {welcome(), database(another_life()),
       get(window("0"),
           answer(page({bare_row("c", {"1-c"}), bare_row("b", {"1-b"}), bare_row("a", {"1-a"})},
                       "17"))),
       get(window("17"), answer(page({}, "17")))});
  EXPECT_EQ(summary.documents, 0U);
  EXPECT_EQ(store_.last_seq(), before);
}

// The node that sends the feed may be behind the others.
TEST_F(SweepTest, AsksForWhatItDidNotMeetWhereThereAreOtherCopies) {
  pull_three();
  Database of_cluster = another_life();
  of_cluster.copies = 3;
  const auto end = get(window("1-h"), answer(page({}, R"("1-h")")));
  const auto first = get(window("0"), answer(page({bare_row("a", {"1-a"})}, R"("1-h")")));
  const std::string keys = R"({"keys":["b","c"]})";
  const auto unmet = [&keys](const std::string& raw_answer) {
    return post("POST /mail/_all_docs", keys, raw_answer);
  };
  EXPECT_THROW(pull({welcome(), database(of_cluster), first, end, unmet(answer("{}", 503))}),
               SourceError);
  EXPECT_NE(body("b"), "purged");
  const std::string rows = R"({"rows":[{"id":"b","key":"b","value":{"rev":"1-b"}},)"
                           R"({"key":"c","error":"not_found"}]})";
  pull({welcome(), database(of_cluster), end, unmet(answer(rows)),
        leaves("b", R"([{"ok":{"_id":"b","_rev":"1-b"}}])")});
  EXPECT_NE(body("b"), "purged");
  EXPECT_EQ(body("c"), "purged");
  EXPECT_FALSE(store_.is_sweeping());

  // Where there is no such route, one by one.
  of_cluster.incarnation = "1900000000";
  pull({welcome(), database(of_cluster), get(window("0"), answer(page({}, R"("1-i")"))),
        post("POST /mail/_all_docs", R"({"keys":["a","b"]})", answer("{}", 404)), gone("a"),
        gone("b")});
  EXPECT_EQ(body("b"), "purged");
}

TEST_F(SweepTest, KeepsWhatItDidNotMeetAndAProxyRefuses) {
  pull_three();
  Database of_cluster = another_life();
  of_cluster.copies = 3;
  const std::string rows = R"({"rows":[{"id":"b","key":"b","value":{"rev":"1-b"}},)"
                           R"({"key":"c","error":"not_found"}]})";
  const PullSummary swept =
      pull({welcome(), database(of_cluster),
            get(window("0"), answer(page({bare_row("a", {"1-a"})}, R"("1-h")"))),
            get(window("1-h"), answer(page({}, R"("1-h")"))),
            post("POST /mail/_all_docs", R"({"keys":["b","c"]})", answer(rows)),
            leaves("b", "<html>", 403), database(of_cluster)});
  EXPECT_TRUE(swept.swept);
  EXPECT_EQ(swept.quarantined, 1U);
  EXPECT_NE(body("b"), "purged");
  EXPECT_EQ(body("c"), "purged");
}

TEST_F(SweepTest, CountsPurgesAnewAfterward) {
  pull_three();
  Database before;
  before.purge_seq = R"("5-a")";
  pull({welcome(), database(before),
        get("GET /mail/_purged_infos", answer(R"({"purged_infos":[]})")), nothing_new()});
  ASSERT_EQ(store_.checkpoint().purge_seq, R"("5-a")");
  store_.begin_sweep();
  pull({welcome(), database(), get(window("0"), answer(page({bare_row("a", {"1-a"})}, R"("1-h")"))),
        get(window("1-h"), answer(page({}, R"("1-h")")))});
  EXPECT_EQ(store_.checkpoint().purge_seq, R"("0-p")");
}

TEST_F(SweepTest, GoesOnInTheMiddle) {
  pull_three();
  EXPECT_THROW(pull({welcome(), database(another_life()),
                     get(window("0"), answer(page({bare_row("a", {"1-a"})}, R"("1-h")", 1))),
                     get(window("1-h"), answer("{}", 500))}),
               SourceError);
  EXPECT_TRUE(store_.is_sweeping());
  EXPECT_NE(body("b"), "purged");
  pull({welcome(), database(another_life()),
        get(window("1-h"), answer(page({bare_row("c", {"1-c"})}, R"("2-h")"))),
        get(window("2-h"), answer(page({}, R"("2-h")")))});
  EXPECT_FALSE(store_.is_sweeping());
  EXPECT_NE(body("a"), "purged");
  EXPECT_EQ(body("b"), "purged");
}

TEST_F(SweepTest, BeginsWhereTheServerDoesNotKnowTheSequence) {
  pull_three();
  const std::string refused =
      R"({"error":"bad_request","reason":"Malformed sequence supplied in 'since' parameter."})";
  pull({welcome(), database(), get(feed("3-g"), answer(refused, 400)),
        get(window("0"), answer(page({bare_row("a", {"1-a"})}, R"("1-h")"))),
        get(window("1-h"), answer(page({}, R"("1-h")")))});
  EXPECT_EQ(store_.counts().documents, 1);
}

TEST_F(SweepTest, KeepsWhatItCannotReplace) {
  pull_three();
  pull({welcome(), database(another_life()),
        get(window("0"),
            answer(page({bare_row("a", {"2-z"}), bare_row("b", {"zzz"}), bare_row("c", {"1-c"})},
                        R"("4-h")"))),
        post(kBulkGet, R"({"docs":[{"id":"a","rev":"2-z"}]})",
             answer(R"({"results":[{"id":"a","docs":[{"missing":"2-z"}]}]})")),
        get(window("4-h"), answer(page({}, R"("4-h")")))});
  EXPECT_THAT(leaves_of("a"), ElementsAre("1-a"));
  EXPECT_THAT(leaves_of("b"), ElementsAre("1-b"));
  EXPECT_EQ(store_.quarantined().size(), 2U);
}

TEST_F(SweepTest, AnotherFilterLooksAtAllDocumentsAgain) {
  options_.filter = "without a";
  options_.keep = [](std::string_view document) {
    return document.find(R"("_id":"a")") == std::string_view::npos;
  };
  pull({welcome(), database(),
        get(feed("0"), answer(page({row("a", "1-a"), row("b", "1-b")}, R"("3-g")")))});
  EXPECT_EQ(body("a"), "none");
  EXPECT_EQ(store_.checkpoint().filter, "without a");

  options_.filter = "without b";
  options_.keep = [](std::string_view document) {
    return document.find(R"("_id":"b")") == std::string_view::npos;
  };
  pull(
      {welcome(), database(),
       get(window("0"), answer(page({bare_row("a", {"1-a"}), bare_row("b", {"1-b"})}, R"("3-g")"))),
       post(kBulkGet, R"({"docs":[{"id":"a","rev":"1-a"}]})",
            answer(results({fetched("a", 1, "a")}))),
       get(window("3-g"), answer(page({}, R"("3-g")")))});
  EXPECT_NE(body("a"), "none");
  EXPECT_EQ(body("b"), "purged");
  EXPECT_EQ(store_.checkpoint().filter, "without b");
}

TEST_F(SweepTest, ADocumentThatFallsOutOfTheFilterIsForgotten) {
  options_.filter = "no spam";
  options_.keep = [](std::string_view document) {
    return document.find("spam") == std::string_view::npos;
  };
  pull({welcome(), database(),
        get(feed("0"), answer(page({row("a", "1-a"), row("b", "1-b")}, R"("3-g")")))});
  const std::string spam =
      R"({"results":[{"id":"a","docs":[{"ok":{"_id":"a","_rev":"2-s","spam":1,"_revisions":{"start":2,"ids":["s","a"]}}}]}]})";
  const std::string deleted =
      R"({"results":[{"id":"b","docs":[{"ok":{"_id":"b","_rev":"2-d","_deleted":true,"_revisions":{"start":2,"ids":["d","b"]}}}]}]})";
  pull({welcome(), database(), get(feed("3-g"), answer(page({row("a", "2-s")}, R"("4-g")", 1))),
        post(kBulkGet, "2-s", answer(spam)),
        get(window("4-g"), answer(page({bare_row("b", {"2-d"})}, R"("5-g")"))),
        post(kBulkGet, "2-d", answer(deleted))});
  EXPECT_EQ(body("a"), "purged");
  EXPECT_TRUE(store_.read("b")->change.deleted);
  EXPECT_FALSE(store_.read("b")->change.purged);
}

Database after_purges() {
  Database info;
  info.purge_seq = R"("2-p")";
  return info;
}

TEST_F(SweepTest, ForgetsWhatTheSourcePurged) {
  pull_three();
  pull({welcome(), database(after_purges()),
        get("GET /mail/_purged_infos",
            answer(R"({"purged_infos":[{"id":"a","revs":["1-a"]},{"id":"b","revs":["1-b"]},)"
                   R"({"id":"never seen","revs":["1-z"]}]})")),
        gone("a"), leaves("b", R"([{"ok":{"_id":"b","_rev":"1-b"}}])"),  // it came again
        nothing_new()});
  EXPECT_EQ(body("a"), "purged");
  EXPECT_EQ(body("b"), R"({"_id":"b","_rev":"1-b"})");
  EXPECT_EQ(store_.checkpoint(), (Checkpoint{{R"("3-g")"}, "1700000000", R"("2-p")", ""}));
  pull({welcome(), database(after_purges()), nothing_new()});
}

// CouchDB lists its last thousand purges.
TEST_F(SweepTest, AsksOnlyForWhatAPurgeMayConcern) {
  pull_three();
  const auto purges = [](const std::string& listed) {
    return get("GET /mail/_purged_infos", answer(R"({"purged_infos":[)" + listed + "]}"));
  };
  const std::string first = R"({"id":"a","revs":["1-a"]})";
  pull({welcome(), database(after_purges()), purges(first), gone("a"), nothing_new()});
  Database again;
  again.purge_seq = R"("3-p")";
  const std::string second =
      R"(,{"id":"b","revs":["1-z"]},{"id":"c","revs":["2-y"]})";  // not here; newer than here
  pull({welcome(), database(again), purges(first + second), gone("c"), nothing_new()});
  EXPECT_EQ(body("a"), "purged");
  EXPECT_NE(body("b"), "purged");
  EXPECT_EQ(body("c"), "purged");
}

// One leaf of a conflict was purged: no count tells.
TEST_F(SweepTest, StandsInWhereTheSourceCannotNameWhatItPurged) {
  pull({welcome(), database(), get(feed("0"), answer(page({bare_row("a", {"2-y", "2-x"})}, "3"))),
        post(kBulkGet, "2-y", answer(results({fetched("a", 2, "y,0"), fetched("a", 2, "x,0")})))});
  ASSERT_THAT(leaves_of("a"), testing::UnorderedElementsAre("2-y", "2-x"));
  const auto no_route =
      get("GET /mail/_purged_infos", answer(R"({"error":"not_found","reason":"missing"})", 404));
  const PullSummary swept =
      pull({welcome(), database(after_purges()), no_route, database(), no_route, database(),
            get(window("0"), answer(page({bare_row("a", {"2-x"})}, "3"))),
            get(window("3"), answer(page({}, "3")))});
  EXPECT_TRUE(swept.swept);
  EXPECT_THAT(leaves_of("a"), ElementsAre("2-x"));
  EXPECT_EQ(store_.checkpoint().purge_seq, R"("2-p")");

  // Once; and not because others of its nodes answered.
  const auto nothing = get(feed("3"), answer(page({}, "3")));
  pull({welcome(), database(after_purges()), nothing});
  Database other_nodes;
  other_nodes.purge_seq = R"("2-q")";
  EXPECT_FALSE(pull({welcome(), database(other_nodes), nothing}).swept);
}

TEST_F(SweepTest, ForgetsWhatWasPurgedBetweenItsPages) {
  pull_three();
  const std::string two = page({bare_row("a", {"2-y", "2-x"})}, R"("1-h")", 1);
  EXPECT_THROW(pull({welcome(), database(another_life()), get(window("0"), answer(two)),
                     post(kBulkGet, "2-y",
                          answer(results({fetched("a", 2, "y,1"), fetched("a", 2, "x,1")}))),
                     get(window("1-h"), answer("{}", 404))}),
               SourceError);
  ASSERT_TRUE(store_.is_sweeping());
  Database purged = another_life();
  purged.purge_seq = R"("1-p")";
  const std::string names = R"({"purged_infos":[{"id":"a","revs":["2-y"]}]})";
  pull(
      {welcome(), database(purged), get("GET /mail/_purged_infos", answer(names)),
       leaves("a", R"([{"ok":{"_id":"a","_rev":"2-x","_revisions":{"start":2,"ids":["x","1"]}}}])"),
       get(window("1-h"), answer(page({bare_row("a", {"2-x"})}, R"("3-h")"))),
       get(window("3-h"), answer(page({}, R"("3-h")")))});
  EXPECT_THAT(leaves_of("a"), ElementsAre("2-x"));
}

// A server whose `since` is inclusive.
TEST_F(SweepTest, EndsWhereTheFeedGivesTheSameRowsAgain) {
  pull_three();
  const auto last = get(window("3-h"), answer(page({bare_row("a", {"1-a"})}, R"("3-h")")));
  const PullSummary summary = pull(
      {welcome(), database(another_life()),
       get(window("0"), answer(page({bare_row("b", {"1-b"}), bare_row("a", {"1-a"})}, R"("3-h")"))),
       last});
  EXPECT_TRUE(summary.swept);
  EXPECT_EQ(body("c"), "purged");
}

TEST_F(SweepTest, DoesNotEndWhereTheFeedStandsStill) {
  pull_three();
  const auto first = answer(page({bare_row("a", {"1-a"})}, R"("1-h")", 2));
  EXPECT_THROW(pull({welcome(), database(another_life()), get(window("0"), first),
                     get(window("1-h"), answer(page({}, R"("1-h")", 2)))}),
               SourceError);
  EXPECT_THROW(pull({welcome(), database(another_life()), get(window("1-h"), first)}), SourceError);
  EXPECT_TRUE(store_.is_sweeping());
  EXPECT_NE(body("b"), "purged");
}

class CountCheckTest : public SweepTest {
 protected:
  CountCheckTest() { options_.keep = nullptr; }
};

TEST_F(CountCheckTest, SweepsOnceForADifference) {
  pull({welcome(), database(),
        get(feed("0"),
            answer(page({row("a", "1-a"), row("b", "1-b"), row("c", "1-c")}, R"("3-g")"))),
        database()});
  Database info;
  info.update_seq = R"("3-g")";
  info.documents = 4;  // of which one is a design document
  pull({welcome(), database(info), nothing_new(), design_documents(1)});
  pull({welcome(), database(info), nothing_new()});  // which is remembered

  info.documents = 3;
  const PullSummary swept = pull(
      {welcome(), database(info), nothing_new(), design_documents(1),
       get(window("0"), answer(page({bare_row("a", {"1-a"}), bare_row("b", {"1-b"})}, R"("3-g")"))),
       get(window("3-g"), answer(page({}, R"("3-g")"))), database(info)});
  EXPECT_TRUE(swept.swept);
  EXPECT_EQ(body("c"), "purged");

  // What a sweep does not explain is no reason for another.
  info.documents = 7;
  pull(
      {welcome(), database(info), nothing_new(), design_documents(1),
       get(window("0"), answer(page({bare_row("a", {"1-a"}), bare_row("b", {"1-b"})}, R"("3-g")"))),
       get(window("3-g"), answer(page({}, R"("3-g")"))), database(info)});
  EXPECT_FALSE(pull({welcome(), database(info), nothing_new()}).swept);
}

TEST_F(CountCheckTest, SaysNothingWhereTheFeedIsBehind) {
  Database ahead;
  ahead.copies = 3;
  ahead.documents = 7;
  ahead.update_seq = R"("4-g")";
  const PullSummary behind =
      pull({welcome(), database(ahead), get(feed("0"), answer(page({row("a", "1-a")}, R"("3-g")"))),
            database(ahead), design_documents(1)});
  EXPECT_EQ(behind.feed_end, FeedEnd::kBehind);
  ahead.documents = 2;
  const PullSummary whole =
      pull({welcome(), database(ahead),
            get(feed("3-g"), answer(page({row("b", "1-b")}, R"("4-g")"))), database(ahead)});
  EXPECT_EQ(whole.feed_end, FeedEnd::kAtSequence);
}

// Purges have numbers and no rows, and copies of a shard may have different ones for good.
TEST_F(CountCheckTest, SaysThatNothingIsMissingWhereTheFeedOnlyEndsEarly) {
  Database ahead;
  ahead.copies = 3;
  ahead.documents = 1;
  ahead.update_seq = R"("4-g")";
  const auto one = answer(page({row("a", "1-a")}, R"("3-g")"));
  const PullSummary early =
      pull({welcome(), database(ahead), get(feed("0"), one), database(ahead)});
  EXPECT_EQ(early.feed_end, FeedEnd::kEarly);
}

TEST_F(CountCheckTest, SweepsWhereTheFeedEndsEarlyForGood) {
  Database ahead;
  ahead.copies = 3;
  ahead.documents = 7;
  ahead.update_seq = R"("4-g")";
  options_.differs_for_good = true;
  const PullSummary swept =
      pull({welcome(), database(ahead), get(feed("0"), answer(page({row("a", "1-a")}, R"("3-g")"))),
            database(ahead), design_documents(1),
            get(window("0"), answer(page({bare_row("a", {"1-a"})}, R"("3-g")"))),
            get(window("3-g"), answer(page({}, R"("3-g")"))), database(ahead)});
  EXPECT_TRUE(swept.swept);
  EXPECT_EQ(swept.feed_end, FeedEnd::kEarly);
}

TEST_F(CountCheckTest, SaysNothingWhereTheCountsAreOfAnotherCopy) {
  Database behind;
  behind.copies = 3;
  behind.documents = 7;
  behind.update_seq = R"("2-g")";
  const PullSummary summary = pull({welcome(), database(behind),
                                    get(feed("0"), answer(page({row("a", "1-a")}, R"("3-g")"))),
                                    database(behind), design_documents(1)});
  EXPECT_FALSE(summary.swept);
  EXPECT_EQ(summary.feed_end, FeedEnd::kBehind);
}

TEST_F(CountCheckTest, SaysNothingWhereTheSourceDoesNotCount) {
  const auto countless = get("GET /mail/", answer(R"({"db_name":"mail","update_seq":"1-g1A"})"));
  const PullSummary summary =
      pull({welcome(), countless, get(feed("0"), answer(page({row("a", "1-a")}, R"("3-g")"))),
            countless});
  EXPECT_FALSE(summary.swept);
}

TEST_F(CountCheckTest, SaysNothingWhileTheSourceMoves) {
  Database info;
  info.documents = 7;
  Database moved = info;
  moved.update_seq = R"("10-g")";
  const PullSummary summary =
      pull({welcome(), database(info), get(feed("0"), answer(page({row("a", "1-a")}, R"("3-g")"))),
            database(moved)});
  EXPECT_FALSE(summary.swept);
}

}  // namespace
}  // namespace replica
