// Leaves as the source has them and no others, and the sweep that compares all documents.
#include <algorithm>
#include <map>
#include <random>

#include "tests/replica/child_process.hpp"
#include "tests/replica/store_fixture.hpp"

namespace replica {
namespace {

using sqlite::Access;
using testing::ElementsAre;
using testing::IsEmpty;

class StoreSweep : public StoreTest {
 protected:
  CommitSummary commit_exact(std::vector<RevisionsOfDocument> exact,
                             std::vector<IncomingRevision> revisions = {}) {
    auto incoming = batch(std::move(revisions));
    incoming.exact = std::move(exact);
    return store_.commit(incoming);
  }

  CommitSummary end_sweep() {
    Batch last;
    last.ends_sweep = true;
    return store_.commit(last);
  }

  [[nodiscard]] std::int64_t bodies() const {
    const sqlite::Connection connection(file_, Access::kReadOnly, sqlite::Durability::kFull);
    auto count = connection.prepare("SELECT count(*) FROM bodies");
    return count.step() ? count.integer(0) : -1;
  }
};

TEST_F(StoreSweep, ExactForgetsLeavesThatTheSourceDoesNotHave) {
  store_.commit(batch({revision("a", "2-b", {"x"}), revision("a", "2-c", {"x"}),
                       revision("a", "2-d", {"y"}, true), revision("b", "1-x")}));
  EXPECT_EQ(commit_exact({{"a", {rev("2-b")}}}).documents, 1);
  EXPECT_THAT(feed(store_), ElementsAre("b@1-x", "a@2-b"));
  EXPECT_EQ(store_.tree("a")->leaves().size(), 1);
  EXPECT_EQ(store_.read("a")->change.conflicts, 0);
  EXPECT_EQ(store_.body("a", rev("2-b")), R"({"_id":"a","_rev":"2-b"})");
  EXPECT_FALSE(store_.body("a", rev("2-c")));
  EXPECT_EQ(bodies(), 2);
}

TEST_F(StoreSweep, ExactOfWhatIsThereChangesNothing) {
  store_.commit(batch({revision("a", "2-b", {"x"}), revision("a", "2-c", {"x"}, true)}));
  const auto before = store_.last_seq();
  const auto summary = commit_exact({{"a", {rev("2-c"), rev("2-b")}}, {"unknown", {rev("1-x")}}},
                                    {revision("a", "2-b", {"x"})});
  EXPECT_EQ(summary.documents, 0);
  EXPECT_EQ(summary.last_seq, before);
  EXPECT_EQ(store_.last_seq(), before);
  EXPECT_FALSE(store_.read("unknown"));
}

TEST_F(StoreSweep, ExactWithoutLeavesPurges) {
  store_.commit(
      batch({revision("a", "1-x"), revision("a", "1-y"), revision("b", "1-x", {}, true)}));
  EXPECT_EQ(commit_exact({{"a", {}}, {"b", {}}, {"unknown", {}}}).documents, 2);
  EXPECT_THAT(feed(store_), ElementsAre("a@!#", "b@!#"));
  EXPECT_EQ(store_.counts().documents, 0);
  EXPECT_EQ(store_.counts().deleted, 2);
  EXPECT_EQ(bodies(), 0);
  EXPECT_EQ(commit_exact({{"a", {}}}).documents, 0) << "nothing left to forget";
  commit_exact({{"a", {rev("1-x")}}}, {revision("a", "1-x")});
  EXPECT_THAT(feed(store_), ElementsAre("b@!#", "a@1-x"));
  EXPECT_EQ(store_.counts().documents, 1);
  EXPECT_EQ(store_.counts().deleted, 1);
}

// A source that was put back from a backup: its leaf is an ancestor of ours.
TEST_F(StoreSweep, SourceThatWentBackTakesTheDocumentBack) {
  store_.commit(batch({revision("a", "1-x")}));
  store_.commit(batch({revision("a", "3-z", {"y", "x"})}));
  const std::vector<RevisionsOfDocument> leaves = {{"a", {rev("2-y")}}};
  EXPECT_THAT(store_.missing(leaves), IsEmpty());
  const auto lacking = store_.missing_leaves(leaves);
  ASSERT_EQ(lacking.size(), 1);
  EXPECT_THAT(lacking[0].revs, ElementsAre(rev("2-y")));
  EXPECT_EQ(commit_exact(leaves, {revision("a", "2-y", {"x"})}).documents, 1);
  EXPECT_THAT(feed(store_), ElementsAre("a@2-y"));
  EXPECT_EQ(store_.read("a")->body, R"({"_id":"a","_rev":"2-y"})");
  EXPECT_THAT(store_.missing_leaves(leaves), IsEmpty());
  EXPECT_EQ(bodies(), 1);
  store_.commit(batch({revision("a", "3-z", {"y", "x"})}));
  EXPECT_THAT(feed(store_), ElementsAre("a@3-z"));
}

TEST_F(StoreSweep, WhatIsToReplaceALeafDidNotCome) {
  store_.commit(batch({revision("a", "1-x")}));
  Batch failed;
  failed.exact = {{"a", {rev("2-y")}}};
  failed.quarantined = {{.id = "a", .rev = "2-y", .reason = "no"}};
  store_.commit(failed);
  EXPECT_THAT(feed(store_), ElementsAre("a@1-x"));
  EXPECT_EQ(store_.quarantined().size(), 1);
}

// A row that a feed repeats in one page.
TEST_F(StoreSweep, LeavesThatEitherOfTwoRowsNamesAreKept) {
  store_.commit(batch({revision("a", "2-y", {"x"})}));
  commit_exact({{"a", {rev("2-y")}}, {"a", {rev("1-x")}}});
  EXPECT_THAT(feed(store_), ElementsAre("a@2-y"));
  commit_exact({{"b", {rev("1-x")}}, {"b", {rev("2-y")}}},
               {revision("b", "1-x"), revision("b", "2-y", {"x"})});
  EXPECT_THAT(feed(store_), ElementsAre("a@2-y", "b@2-y"));
}

TEST_F(StoreSweep, ExactEqualsWhatTheSourceHas) {
  std::mt19937 random(5);
  // Leaves of one history each: any set of them may be a source's.
  const std::vector<IncomingRevision> all = {revision("a", "1-p"), revision("a", "2-q", {"s"}),
                                             revision("a", "2-r", {"t"}, true),
                                             revision("a", "3-v", {"u", "w"})};
  const auto rows = [](const std::vector<IncomingRevision>& revisions) {
    RevisionsOfDocument row{"a", {}};
    for (const auto& each : revisions) row.revs.push_back(each.rev);
    return row;
  };
  for (int round = 0; round < 200; ++round) {
    std::vector<IncomingRevision> source, fetched;
    std::sample(all.begin(), all.end(), std::back_inserter(source), random() % 5, random);
    const auto named = rows(source);
    for (const auto& missing : store_.missing_leaves({&named, 1})) {
      for (const auto& each : source) {
        if (std::find(missing.revs.begin(), missing.revs.end(), each.rev) != missing.revs.end())
          fetched.push_back(each);
      }
    }
    const auto before = store_.tree("a").value_or(RevisionTree()).leaves();
    const bool changes = commit_exact({named}, fetched).documents == 1;
    const auto leaves = store_.tree("a").value_or(RevisionTree()).leaves();
    ASSERT_EQ(leaves.size(), source.size());
    EXPECT_EQ(changes, before != leaves);
    EXPECT_EQ(bodies(), static_cast<std::int64_t>(source.size()));
    for (const auto& each : source) EXPECT_EQ(store_.body("a", each.rev), each.body);
    const auto live =
        std::any_of(source.begin(), source.end(), [](const auto& each) { return !each.deleted; });
    EXPECT_EQ(store_.counts().documents, live ? 1 : 0);
  }
}

// A cluster's feed may tell of a document twice, the second time by a node that lags behind.
TEST_F(StoreSweep, AStaleRowOfADocumentMetBeforeForgetsNothing) {
  store_.commit(batch({revision("a", "2-b", {"x"}), revision("a", "2-gone", {"x"})}));
  store_.begin_sweep();
  commit_exact({{"a", {rev("2-b"), rev("2-c")}}}, {revision("a", "2-c", {"x"})});
  commit_exact({{"new", {rev("1-x"), rev("1-y")}}},
               {revision("new", "1-x"), revision("new", "1-y")});
  commit_exact({{"a", {rev("2-b")}}, {"new", {rev("1-x")}}});
  EXPECT_THAT(feed(store_), ElementsAre("a@2-c", "new@1-y"));
  EXPECT_EQ(store_.tree("a")->leaves().size(), 2) << "2-gone is forgotten, 2-c is not";
  EXPECT_EQ(store_.tree("new")->leaves().size(), 2);
  commit_exact({{"a", {}}});
  end_sweep();
  EXPECT_THAT(feed(store_), ElementsAre("new@1-y", "a@!#")) << "gone, whatever was met before";
  store_.begin_sweep();
  commit_exact({{"new", {rev("1-x")}}});
  EXPECT_EQ(store_.tree("new")->leaves().size(), 1) << "the next sweep begins anew";
}

// After a purge, the document is asked for itself.
TEST_F(StoreSweep, ARefreshedDocumentThatWasMetBeforeForgetsOtherLeaves) {
  store_.begin_sweep();
  commit_exact({{"a", {rev("2-b"), rev("2-c")}}},
               {revision("a", "2-b", {"x"}), revision("a", "2-c", {"x"})});
  Batch refreshed;
  refreshed.exact = {{"a", {rev("2-b")}}};
  refreshed.is_refreshed = true;
  store_.commit(refreshed);
  EXPECT_EQ(store_.tree("a")->leaves().size(), 1);
  end_sweep();
  EXPECT_THAT(feed(store_), ElementsAre("a@2-b"));
}

TEST_F(StoreSweep, SweepPurgesWhatItHasNotMet) {
  auto first = batch({revision("a", "1-x"), revision("b", "1-x"), revision("c", "1-x"),
                      revision("d", "1-x", {}, true), revision("p", "1-x")});
  first.checkpoint = Checkpoint{{"7"}, "1700", "\"3\"", "days:30"};
  store_.commit(first);
  support::purge(store_, {"p"});
  EXPECT_FALSE(store_.is_sweeping());
  store_.begin_sweep();
  EXPECT_TRUE(store_.is_sweeping());
  EXPECT_EQ(store_.checkpoint(), (Checkpoint{{""}, "1700", "\"3\"", "days:30"}));

  commit_exact({{"a", {rev("1-x")}}});
  store_.commit(batch({revision("b", "2-y", {"x"}), revision("new", "1-x")}));
  commit_exact({{"d", {rev("1-x")}}});
  EXPECT_THAT(store_.unmet(10), testing::UnorderedElementsAre("b", "c"));
  EXPECT_THAT(store_.unmet(1), testing::SizeIs(1));
  EXPECT_TRUE(Store(file_, Access::kReadOnly).is_sweeping()) << "it outlives a restart";
  EXPECT_EQ(end_sweep().documents, 2);
  EXPECT_THAT(feed(store_), ElementsAre("a@1-x", "d@1-x!", "p@!#", "new@1-x", "c@!#", "b@!#"))
      << "b was not met, whatever came of it meanwhile";
  EXPECT_FALSE(store_.is_sweeping());
  EXPECT_EQ(store_.counts().documents, 2);
  EXPECT_EQ(store_.counts().deleted, 4);
  EXPECT_EQ(bodies(), 3);
  EXPECT_EQ(end_sweep().documents, 0) << "no sweep is under way";
}

TEST_F(StoreSweep, DocumentsThatMoveKeepTheirMark) {
  auto first = batch({revision("met", "1-x"), revision("unmet", "1-x")});
  for (const char* id : {"met", "unmet"}) {
    WantedBlob& wanted = first.wanted.emplace_back();
    wanted.digest = "d";
    wanted.id = id;
    wanted.rev = "1-x";
  }
  store_.commit(first);
  store_.begin_sweep();
  commit_exact({{"met", {rev("1-x")}}});
  Batch arrived;
  arrived.arrived = {"d"};
  store_.commit(arrived);
  store_.commit(batch({revision("met", "2-y", {"x"})}));
  end_sweep();
  EXPECT_THAT(feed(store_), ElementsAre("met@2-y", "unmet@!#"));
}

TEST_F(StoreSweep, QuarantinedDocumentsAreMet) {
  store_.commit(batch({revision("a", "1-x"), revision("b", "1-x")}));
  Batch failed;
  failed.quarantined = {{.id = "b", .reason = "old"}};
  store_.commit(failed);
  store_.begin_sweep();
  failed.quarantined = {{.id = "a", .reason = "the source has it, but it cannot be read"}};
  store_.commit(failed);
  end_sweep();
  EXPECT_THAT(feed(store_), ElementsAre("a@1-x", "b@!#"));
  ASSERT_EQ(store_.quarantined().size(), 1) << "what is purged leaves quarantine";
  EXPECT_EQ(store_.quarantined()[0].id, "a");
}

TEST_F(StoreSweep, SweepThatBeginsAnewHasMetNothing) {
  store_.commit(batch({revision("a", "1-x"), revision("b", "1-x")}));
  store_.begin_sweep();
  commit_exact({{"a", {rev("1-x")}}});
  store_.begin_sweep();
  commit_exact({{"b", {rev("1-x")}}});
  end_sweep();
  EXPECT_THAT(feed(store_), ElementsAre("b@1-x", "a@!#"));
}

TEST_F(StoreSweep, ManyUnmetDocumentsGo) {
  std::vector<IncomingRevision> revisions;
  for (int i = 0; i < 1'234; ++i) revisions.push_back(revision("d" + std::to_string(i), "1-x"));
  store_.commit(batch(revisions));
  store_.begin_sweep();
  Batch last;
  last.exact = {{"d7", {rev("1-x")}}};
  last.ends_sweep = true;
  last.checkpoint = Checkpoint{{"9"}, "1", "", ""};
  EXPECT_EQ(store_.commit(last).documents, 1'233);
  EXPECT_EQ(store_.counts().documents, 1);
  EXPECT_EQ(store_.checkpoint(), *last.checkpoint);
}

// The source has documents 0, 2, 4 … of those that are here, and further ones. Whenever the program is killed, the sweep
// goes on from the checkpoint and ends with exactly those.
TEST(StoreSweepCrash, KilledAtAnyMomentItConverges) {
  constexpr int kDocuments = 400;
  constexpr int kPage = 20;
  const support::TemporaryFolder folder;
  const auto file = folder / "store.db";
  const auto id = [](int i) { return "d" + std::to_string(1'000 + i); };
  const auto prepare = [&] {
    Store store(file, Access::kReadWrite);
    std::vector<IncomingRevision> here;
    for (int i = 0; i < kDocuments; ++i) here.push_back(revision(id(i), "1-x"));
    auto incoming = batch(std::move(here));
    incoming.checkpoint = Checkpoint{{"old"}, "1", "", ""};
    store.commit(incoming);
    store.begin_sweep();
    return 0;
  };
  const auto sweep = [&](const Channel& committed) {
    Store store(file, Access::kReadWrite);
    while (store.is_sweeping()) {
      const auto since = store.checkpoint().since.json;
      const int begin = since.empty() ? 0 : std::stoi(since);
      Batch page;
      for (int i = begin; i < begin + kPage; ++i) {
        page.exact.push_back({id(2 * i), {rev("1-x")}});
        if (2 * i >= kDocuments) page.revisions.push_back(revision(id(2 * i), "1-x"));
      }
      page.checkpoint = Checkpoint{{std::to_string(begin + kPage)}, "1", "", ""};
      page.ends_sweep = begin + kPage == kDocuments;
      store.commit(page);
      committed.send(begin);
    }
    return 0;
  };
  ChildProcess first(prepare);
  ASSERT_EQ(first.wait(), 0);
  std::mt19937 random(std::random_device{}());
  for (bool done = false; !done;) {
    const Channel committed;
    ChildProcess child([&] { return sweep(committed); });
    const auto last = committed.receive();
    ::usleep(static_cast<useconds_t>(random() % 4'000));
    child.kill();
    done = last + kPage >= kDocuments;
    if (!done) done = !Store(file, Access::kReadOnly).is_sweeping();
  }
  const Store store(file, Access::kReadWrite);
  EXPECT_FALSE(store.is_sweeping());
  EXPECT_EQ(store.checkpoint().since.json, std::to_string(kDocuments));
  EXPECT_EQ(store.counts().documents, kDocuments);
  for (int i = 0; i < 2 * kDocuments; ++i) {
    const auto document = store.read(id(i));
    const bool is_there = document && !document->change.purged;
    EXPECT_EQ(is_there, i % 2 == 0) << i;
  }
}

}  // namespace
}  // namespace replica
