// What did not come: documents in quarantine, attachments whose bytes are wanted.
#include <chrono>

#include "replica/tuning.hpp"
#include "tests/replica/store_fixture.hpp"

namespace replica {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

class StoreFailures : public StoreTest {
 protected:
  static constexpr std::chrono::sys_seconds kFarFuture{std::chrono::days(40'000)};

  static std::chrono::sys_seconds now() {
    return std::chrono::floor<seconds>(std::chrono::system_clock::now());
  }

  static WantedBlob blob(std::string digest, std::string id, std::string revision,
                         std::string name = "a.txt") {
    WantedBlob wanted;
    wanted.digest = std::move(digest);
    wanted.id = std::move(id);
    wanted.rev = std::move(revision);
    wanted.name = std::move(name);
    wanted.content_type = "text/plain";
    wanted.length = 7;
    return wanted;
  }

  void commit_wanted(std::vector<IncomingRevision> revisions, std::vector<WantedBlob> wanted) {
    auto incoming = batch(std::move(revisions));
    incoming.wanted = std::move(wanted);
    store_.commit(incoming);
  }

  void commit_failed(const std::string& digest, const std::string& reason) {
    Batch failed;
    failed.failed = {blob(digest, "", "")};
    failed.failed.front().reason = reason;
    store_.commit(failed);
  }

  CommitSummary commit_arrived(std::vector<std::string> digests) {
    Batch arrived;
    arrived.arrived = std::move(digests);
    return store_.commit(arrived);
  }

  // "digest id@rev" of what is wanted at that time.
  [[nodiscard]] std::vector<std::string> wanted(std::chrono::sys_seconds when = kFarFuture) const {
    std::vector<std::string> rows;
    for (const auto& row : store_.wanted(when, 1'000))
      rows.push_back(row.digest + ' ' + row.id + '@' + row.rev);
    return rows;
  }
};

TEST_F(StoreFailures, QuarantineKeepsTheFirstFailureAndCounts) {
  Batch failed;
  failed.quarantined = {{.id = "q", .rev = "1-x", .reason = "nests too deep"}};
  store_.commit(failed);
  const auto first = store_.quarantined();
  ASSERT_EQ(first.size(), 1);
  EXPECT_EQ(first[0].attempts, 1);
  EXPECT_GT(first[0].since.time_since_epoch().count(), 1'000'000'000);
  failed.quarantined[0].reason = "still";
  failed.revisions = {revision("q", "1-other")};
  store_.commit(failed);
  ASSERT_EQ(store_.quarantined().size(), 1) << "one revision came, another failed";
  EXPECT_EQ(store_.quarantined()[0].attempts, 2);
  EXPECT_EQ(store_.quarantined()[0].reason, "still");
  EXPECT_EQ(store_.quarantined()[0].since, first[0].since);
  store_.commit(batch({revision("q", "2-x", {"x"})}));
  EXPECT_THAT(store_.quarantined(), IsEmpty());
  store_.commit(failed);
  Batch released;
  released.released = {"q", "never there"};
  store_.commit(released);
  EXPECT_THAT(store_.quarantined(), IsEmpty());
}

TEST_F(StoreFailures, TimeBetweenAttemptsDoublesUpToADay) {
  EXPECT_FALSE(store_.next_attempt());
  Batch failed;
  failed.quarantined = {{.id = "q", .reason = "no"}};
  commit_wanted({revision("a", "1-x")}, {blob("d", "a", "1-x")});
  EXPECT_FALSE(store_.next_attempt()) << "what was never tried failed never";
  for (int attempt = 1; attempt <= 20; ++attempt) {
    const auto delay = attempt > 11 ? seconds(86'400) : seconds(60 * (1 << (attempt - 1)));
    const auto before = now();
    store_.commit(failed);
    commit_failed("d", "no");
    const auto after = now();
    ASSERT_EQ(store_.quarantined().size(), 2);
    for (const auto& row : store_.quarantined()) {
      EXPECT_EQ(row.attempts, attempt);
      EXPECT_GE(row.next_attempt, before + delay);
      EXPECT_LE(row.next_attempt, after + delay);
    }
    EXPECT_GE(store_.next_attempt(), before + delay);
  }
}

TEST_F(StoreFailures, NextAttemptIsTheFirstOfAll) {
  Batch failed;
  failed.quarantined = {{.id = "", .reason = "a row without id"}};
  store_.commit(failed);
  EXPECT_FALSE(store_.next_attempt()) << "there is nothing to ask for";
  failed.quarantined = {{.id = "q", .reason = "no"}};
  store_.commit(failed);
  store_.commit(failed);
  const auto of_document = store_.next_attempt();
  ASSERT_TRUE(of_document);
  commit_wanted({revision("a", "1-x")}, {blob("d", "a", "1-x")});
  EXPECT_EQ(store_.next_attempt(), of_document);
  commit_failed("d", "no");
  EXPECT_LT(store_.next_attempt(), of_document);
  commit_arrived({"d"});
  EXPECT_EQ(store_.next_attempt(), of_document);
}

TEST_F(StoreFailures, WantedBlobIsGivenOncePerDigestUntilItArrives) {
  commit_wanted({revision("a", "1-x"), revision("b", "1-x"), revision("c", "1-x")},
                {blob("d2", "b", "1-x"), blob("d1", "c", "1-x"), blob("d2", "a", "1-x")});
  EXPECT_THAT(wanted(std::chrono::sys_seconds()), ElementsAre("d1 c@1-x", "d2 a@1-x"));
  const auto row = store_.wanted(now(), 1);
  ASSERT_EQ(row.size(), 1);
  EXPECT_EQ(row[0].name, "a.txt");
  EXPECT_EQ(row[0].content_type, "text/plain");
  EXPECT_EQ(row[0].length, 7);
  EXPECT_EQ(row[0].attempts, 0);
  EXPECT_THAT(store_.quarantined(), IsEmpty());

  EXPECT_EQ(commit_arrived({"d2", "never wanted"}).documents, 2);
  EXPECT_THAT(wanted(), ElementsAre("d1 c@1-x"));
  EXPECT_THAT(feed(store_), ElementsAre("c@1-x", "a@1-x", "b@1-x"))
      << "those that follow the feed see that bytes came";
  EXPECT_EQ(store_.read("a")->body, R"({"_id":"a","_rev":"1-x"})");
  EXPECT_EQ(store_.counts().documents, 3);
  const auto before = store_.last_seq();
  EXPECT_EQ(commit_arrived({"d2"}).documents, 0);
  EXPECT_EQ(store_.last_seq(), before);
}

TEST_F(StoreFailures, FailedBlobWaitsAndIsNamedForEachDocument) {
  commit_wanted({revision("a", "1-x"), revision("b", "1-x")},
                {blob("d", "a", "1-x", "first.pdf"), blob("d", "b", "1-x", "second.pdf")});
  commit_failed("d", "403 Forbidden");
  commit_failed("unknown", "403 Forbidden");
  const auto rows = store_.quarantined();
  ASSERT_EQ(rows.size(), 2);
  EXPECT_EQ(rows[0].id, "a");
  EXPECT_EQ(rows[0].rev, "1-x");
  EXPECT_EQ(rows[0].attachment, "first.pdf");
  EXPECT_EQ(rows[0].reason, "attachment first.pdf: 403 Forbidden");
  EXPECT_EQ(rows[1].reason, "attachment second.pdf: 403 Forbidden");
  EXPECT_GT(rows[0].since.time_since_epoch().count(), 1'000'000'000);
  EXPECT_THAT(wanted(now()), IsEmpty());
  EXPECT_THAT(wanted(now() + tuning::kFirstRetry), ElementsAre("d a@1-x"));
  EXPECT_EQ(store_.wanted(kFarFuture, 1).front().reason, "403 Forbidden");

  commit_wanted({}, {blob("d", "a", "1-x", "other.pdf")});
  EXPECT_EQ(store_.wanted(kFarFuture, 1).front().attempts, 1) << "what is wanted stays as it is";
  Batch released;
  released.released = {"a"};
  store_.commit(released);
  EXPECT_EQ(store_.quarantined().size(), 2) << "the bytes are still not here";
}

TEST_F(StoreFailures, WantedBlobGoesWithTheLeafThatNamesIt) {
  commit_wanted({revision("a", "1-x"), revision("b", "1-x"), revision("c", "1-x")},
                {blob("d1", "a", "1-x"), blob("d2", "b", "1-x"), blob("d3", "c", "1-x")});
  store_.commit(batch({revision("a", "2-y", {"x"}), revision("b", "1-w")}));
  EXPECT_THAT(wanted(), ElementsAre("d2 b@1-x", "d3 c@1-x")) << "b is in conflict: both are leaves";
  support::purge(store_, {"c"});
  EXPECT_THAT(wanted(), ElementsAre("d2 b@1-x"));
  Batch exact;
  exact.exact = {{"b", {rev("1-w")}}};
  store_.commit(exact);
  EXPECT_THAT(wanted(), IsEmpty());
  commit_wanted({}, {blob("d1", "a", "1-x"), blob("d1", "unknown", "1-x"), blob("d1", "a", "?")});
  EXPECT_THAT(wanted(), IsEmpty()) << "no leaf names them";
  commit_wanted({revision("a", "3-z", {"y", "x"})}, {blob("d1", "a", "3-z")});
  EXPECT_THAT(wanted(), ElementsAre("d1 a@3-z"));
}

TEST_F(StoreFailures, FailuresSurviveARestart) {
  commit_wanted({revision("a", "1-x")}, {blob("d", "a", "1-x")});
  commit_failed("d", "no");
  const auto before = store_.next_attempt();
  const Store reader(file_, sqlite::Access::kReadOnly);
  EXPECT_EQ(reader.next_attempt(), before);
  EXPECT_EQ(reader.wanted(kFarFuture, 10).size(), 1);
}

TEST_F(StoreFailures, WhatAClockThatWasAheadPutOffIsDue) {
  Batch failed;
  failed.quarantined = {{"ignored", "1-a", "odd"}, {"q", "1-a", "odd"}};
  store_.commit(failed);
  store_.ignore("ignored");
  commit_wanted({revision("a", "1-x"), revision("b", "1-x")},
                {blob("d", "a", "1-x"), blob("e", "b", "1-x")});
  commit_failed("d", "no");
  commit_failed("e", "no");
  const auto put_off = [this](const std::string& table, const std::string& id) {
    const auto later = now() + std::chrono::days(400);
    sqlite::Connection(file_, sqlite::Access::kReadWrite, sqlite::Durability::kNormal)
        .prepare("UPDATE " + table + " SET next_attempt=? WHERE id=?")
        .bind(later.time_since_epoch().count(), id)
        .run();
  };
  EXPECT_THAT(wanted(now()), IsEmpty());
  put_off("wanted", "a");
  EXPECT_THAT(wanted(now()), ElementsAre("d a@1-x"));
  EXPECT_EQ(store_.next_attempt(), std::chrono::sys_seconds());
  commit_arrived({"d"});
  EXPECT_GT(store_.next_attempt(), now());
  put_off("quarantine", "q");
  EXPECT_EQ(store_.next_attempt(), std::chrono::sys_seconds());
  const auto rows = store_.quarantined();
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_GT(rows[0].next_attempt, now()) << "of the attachment that failed";
  EXPECT_TRUE(rows[1].is_ignored());
  EXPECT_EQ(rows[2].next_attempt, std::chrono::sys_seconds());
}

TEST_F(StoreFailures, WhatIsIgnoredIsTriedNoMoreUntilAnotherRevisionFails) {
  Batch failed;
  failed.quarantined = {{"q", "1-a", "odd"}, {"r", "1-a", "odd"}};
  store_.commit(failed);
  EXPECT_EQ(store_.ignore("nobody"), 0);
  EXPECT_EQ(store_.ignore("q"), 1);
  EXPECT_TRUE(store_.quarantined()[0].is_ignored());
  EXPECT_FALSE(store_.quarantined()[1].is_ignored());
  EXPECT_LT(*store_.next_attempt(), kFarFuture) << "of r";
  failed.quarantined = {{"q", "1-a", "odd"}};  // a sweep met it again
  store_.commit(failed);
  EXPECT_TRUE(store_.quarantined()[0].is_ignored());
  EXPECT_EQ(store_.quarantined()[0].attempts, 2);
  failed.quarantined = {{"q", "2-b", "still odd"}};
  store_.commit(failed);
  EXPECT_FALSE(store_.quarantined()[0].is_ignored());
  store_.ignore("q");
  store_.commit(batch({revision("q", "3-c")}));
  ASSERT_EQ(store_.quarantined().size(), 1U) << "it came";
  EXPECT_EQ(store_.quarantined()[0].id, "r");
}

TEST_F(StoreFailures, OnlyIgnoredOnesAreNoReasonToComeBack) {
  Batch failed;
  failed.quarantined = {{"q", "1-a", "odd"}};
  store_.commit(failed);
  store_.ignore("q");
  EXPECT_EQ(store_.next_attempt(), std::nullopt);
  EXPECT_EQ(store_.retry(std::nullopt), 0) << "all that is not ignored";
  EXPECT_EQ(store_.next_attempt(), std::nullopt);
  EXPECT_EQ(store_.retry("q"), 1) << "asked for by name";
  EXPECT_EQ(store_.next_attempt(), std::chrono::sys_seconds());
}

TEST_F(StoreFailures, AttachmentsAreIgnoredWithTheirDocument) {
  commit_wanted({revision("a", "1-x"), revision("b", "1-x")},
                {blob("md5-1", "a", "1-x"), blob("md5-2", "b", "1-x")});
  commit_failed("md5-1", "gone");
  commit_failed("md5-2", "gone");
  EXPECT_EQ(store_.ignore("a"), 1);
  EXPECT_THAT(wanted(), ElementsAre("md5-2 b@1-x"));
  EXPECT_THAT(wanted(std::chrono::sys_seconds::max()), ElementsAre("md5-2 b@1-x"))
      << "not even when everything is tried";
  EXPECT_EQ(store_.retry(std::nullopt), 1);
  commit_failed("md5-1", "gone");
  EXPECT_THAT(wanted(), ElementsAre("md5-2 b@1-x"));
}

}  // namespace
}  // namespace replica
