#include "replica/store.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <stdexcept>
#include <thread>

#include "tests/replica/store_fixture.hpp"

namespace replica {
namespace {

using sqlite::Access;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(StoreTest, EmptyStore) {
  EXPECT_EQ(store_.last_seq(), LocalSeq{0});
  EXPECT_EQ(store_.checkpoint(), Checkpoint{});
  EXPECT_THAT(feed(store_), IsEmpty());
  EXPECT_THAT(store_.quarantined(), IsEmpty());
  EXPECT_FALSE(store_.read("a"));
  EXPECT_FALSE(store_.tree("a"));
  EXPECT_FALSE(store_.body("a", rev("1-x")));
  EXPECT_EQ(store_.counts().documents, 0);
  EXPECT_GT(store_.counts().bytes, 0);
  const auto summary = store_.commit({});
  EXPECT_EQ(summary.documents, 0);
  EXPECT_EQ(summary.last_seq, LocalSeq{0});
}

TEST_F(StoreTest, IdentityIsOfTheFile) {
  const auto identity = store_.identity();
  EXPECT_THAT(identity.uuid, testing::MatchesRegex("[0-9a-f]{32}"));
  EXPECT_THAT(identity.epoch, testing::MatchesRegex("[0-9a-f]{32}"));
  EXPECT_NE(identity.uuid, identity.epoch);
  EXPECT_EQ(Store(file_, Access::kReadOnly).identity(), identity);
  EXPECT_NE(Store(folder_ / "other.db", Access::kReadWrite).identity().uuid, identity.uuid);
}

TEST_F(StoreTest, BatchAndCheckpointArriveTogether) {
  auto first = batch({revision("a", "1-x"), revision("b", "1-y")});
  first.checkpoint = Checkpoint{{"\"7-g1AAAA\""}, "1700", "", ""};
  const auto summary = store_.commit(first);
  EXPECT_EQ(summary.documents, 2);
  EXPECT_EQ(summary.last_seq, store_.last_seq());
  EXPECT_EQ(store_.checkpoint(), *first.checkpoint);
  EXPECT_THAT(feed(store_), ElementsAre("a@1-x", "b@1-y"));
  const auto document = store_.read("b");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->body, R"({"_id":"b","_rev":"1-y"})");
  EXPECT_EQ(document->change.rev, rev("1-y"));
  store_.commit(batch({revision("c", "1-z")}));
  EXPECT_EQ(store_.checkpoint(), *first.checkpoint) << "a batch without one keeps it";
}

TEST_F(StoreTest, ChangedDocumentMovesToTheEnd) {
  store_.commit(batch({revision("a", "1-x"), revision("b", "1-y")}));
  const auto before = store_.last_seq();
  EXPECT_EQ(store_.commit(batch({revision("a", "2-z", {"x"})})).documents, 1);
  EXPECT_THAT(feed(store_), ElementsAre("b@1-y", "a@2-z"));
  EXPECT_THAT(feed(store_, before.value), ElementsAre("a@2-z"));
  EXPECT_EQ(store_.pending(before), 1);
  EXPECT_EQ(store_.pending({0}), 2);
  EXPECT_EQ(store_.pending(store_.last_seq()), 0);
}

TEST_F(StoreTest, KnownRevisionChangesNothing) {
  store_.commit(batch({revision("a", "2-z", {"x"})}));
  const auto before = store_.last_seq();
  const auto summary = store_.commit(batch({revision("a", "2-z", {"x"}), revision("a", "1-x")}));
  EXPECT_EQ(summary.documents, 0);
  EXPECT_EQ(summary.last_seq, before);
  EXPECT_EQ(store_.last_seq(), before);
}

TEST_F(StoreTest, EveryLeafHasItsBodyAndReplacedOnesAreGone) {
  store_.commit(batch({revision("a", "1-x")}));
  store_.commit(batch({revision("a", "2-b", {"x"}), revision("a", "2-c", {"x"})}));
  EXPECT_EQ(store_.read("a")->change.rev, rev("2-c"));
  EXPECT_EQ(store_.read("a")->change.conflicts, 1);
  EXPECT_EQ(store_.body("a", rev("2-b")), R"({"_id":"a","_rev":"2-b"})");
  EXPECT_EQ(store_.body("a", rev("2-c")), R"({"_id":"a","_rev":"2-c"})");
  EXPECT_FALSE(store_.body("a", rev("1-x")));
  store_.commit(batch({revision("a", "3-d", {"c", "x"}, true)}));
  EXPECT_EQ(store_.read("a")->change.rev, rev("2-b")) << "live before deleted";
  EXPECT_FALSE(store_.read("a")->change.deleted);
  EXPECT_EQ(store_.body("a", rev("3-d")), R"({"_id":"a","_rev":"3-d"})");
  EXPECT_EQ(store_.tree("a")->leaves().size(), 2);
  const sqlite::Connection connection(file_, Access::kReadOnly, sqlite::Durability::kFull);
  auto bodies = connection.prepare("SELECT count(*) FROM bodies");
  ASSERT_TRUE(bodies.step());
  EXPECT_EQ(bodies.integer(0), 2);
}

TEST_F(StoreTest, OrderOfArrivalDoesNotMatter) {
  std::vector<IncomingRevision> revisions = {
      revision("a", "1-x"), revision("a", "2-b", {"x"}), revision("a", "3-c", {"b", "x"}),
      revision("a", "3-d", {"b"}, true), revision("a", "2-e", {"x"})};
  std::mt19937 random(3);
  for (int round = 0; round < 30; ++round) {
    std::shuffle(revisions.begin(), revisions.end(), random);
    Store store(folder_ / ("order" + std::to_string(round)), Access::kReadWrite);
    const std::size_t half = random() % revisions.size();
    const auto middle = revisions.begin() + static_cast<std::ptrdiff_t>(half);
    store.commit(batch({revisions.begin(), middle}));
    store.commit(batch({middle, revisions.end()}));
    EXPECT_THAT(feed(store), ElementsAre("a@3-c"));
    EXPECT_EQ(store.read("a")->change.conflicts, 1);
    for (const char* text : {"3-c", "3-d", "2-e"}) {
      EXPECT_EQ(store.body("a", rev(text)),
                "{\"_id\":\"a\",\"_rev\":\"" + std::string(text) + "\"}");
    }
  }
}

TEST_F(StoreTest, CountsFollowDeletionPurgeAndRevival) {
  const auto expect = [this](std::int64_t live, std::int64_t deleted, const char* when) {
    EXPECT_EQ(store_.counts().documents, live) << when;
    EXPECT_EQ(store_.counts().deleted, deleted) << when;
  };
  store_.commit(
      batch({revision("a", "1-x"), revision("b", "1-x"), revision("c", "1-x", {}, true)}));
  expect(2, 1, "at first");
  store_.commit(batch({revision("a", "2-y", {"x"}, true)}));
  expect(1, 2, "a deleted");
  store_.commit(batch({revision("c", "2-y", {"x"})}));
  expect(2, 1, "c live again");
  support::purge(store_, {"b", "a", "unknown"});
  expect(1, 2, "b and a purged");
  store_.commit(batch({revision("b", "1-x")}));
  expect(2, 1, "b came again");
}

TEST_F(StoreTest, PurgeLeavesTheRowAndALaterArrivalRevivesIt) {
  store_.commit(batch({revision("a", "1-x"), revision("a", "1-y"), revision("b", "1-z")}));
  const auto arrived = store_.read("a")->change.arrived;
  const LocalSeq purged = support::purge(store_, {"a"}).last_seq;
  EXPECT_EQ(purged, store_.last_seq());
  EXPECT_THAT(feed(store_), ElementsAre("b@1-z", "a@!#"));
  EXPECT_EQ(store_.read("a")->body, "");
  EXPECT_FALSE(store_.body("a", rev("1-x")));
  EXPECT_FALSE(store_.tree("a")->contains(rev("1-x")));
  const auto before = store_.last_seq();
  EXPECT_EQ(support::purge(store_, {"a"}).documents, 0) << "nothing left to forget";
  EXPECT_EQ(store_.last_seq(), before);
  store_.commit(batch({revision("a", "1-x")}));
  EXPECT_THAT(feed(store_), ElementsAre("b@1-z", "a@1-x"));
  EXPECT_EQ(store_.read("a")->change.arrived, arrived);
  EXPECT_EQ(store_.read("a")->change.conflicts, 0);
}

TEST_F(StoreTest, MissingNamesWhatIsLackedOnly) {
  const std::vector<RevisionsOfDocument> asked = {{"a", {rev("1-x"), rev("2-y"), rev("2-n")}},
                                                  {"b", {rev("1-z")}},
                                                  {"new", {rev("1-q")}},
                                                  {"none", {}}};
  EXPECT_EQ(store_.missing(asked).size(), 3);
  store_.commit(batch({revision("a", "2-y", {"x"}), revision("b", "1-z")}));
  const auto missing = store_.missing(asked);
  ASSERT_EQ(missing.size(), 2);
  EXPECT_EQ(missing[0].id, "a");
  EXPECT_THAT(missing[0].revs, ElementsAre(rev("2-n")));
  EXPECT_EQ(missing[1].id, "new");
}

TEST_F(StoreTest, BytesAreKeptAsTheyCame) {
  const std::string bodies[] = {R"({"s":"\ud800","n":1e400,"n":12345678901234567890})",
                                std::string("{\"x\":\"\0\xff\"}", 9),
                                "{\"l\":\"" + std::string(500'000, 'a') + "\"}", ""};
  std::size_t number = 0;
  for (const auto& body : bodies) {
    const auto id = "id \xc3\xa9\n" + std::string(1, '\0') + std::to_string(number++);
    store_.commit(batch({{id, rev("1-a b,%"), {}, false, body}}));
    EXPECT_EQ(store_.read(id)->body, body);
    EXPECT_EQ(store_.read(id)->change.id, id);
    EXPECT_EQ(store_.body(id, rev("1-a b,%")), body);
  }
}

TEST_F(StoreTest, DocumentsGivesBodiesInFeedOrderPageByPage) {
  std::vector<IncomingRevision> revisions;
  for (int i = 0; i < 1'700; ++i) {
    revisions.push_back(revision("d" + std::to_string(i), "1-x"));
    revisions.back().body =
        std::string(static_cast<std::size_t>(i % 7) * 1'500, static_cast<char>('a' + i % 26)) + '.';
  }
  store_.commit(batch(revisions));
  support::purge(store_, {"d5"});
  std::map<std::string, std::string> found;
  LocalSeq last;
  const auto visit = [&](const Change& change, std::string_view body) {
    EXPECT_LT(last, change.seq);
    last = change.seq;
    EXPECT_TRUE(found.emplace(change.id, body).second) << change.id;
  };
  EXPECT_EQ(store_.documents({0}, 1'000, visit), 1'000);
  EXPECT_EQ(store_.documents(last, 1'000, visit), 700);
  EXPECT_EQ(store_.documents(last, 1'000, visit), 0);
  for (const auto& row : revisions)
    EXPECT_EQ(found[row.id], row.id == "d5" ? "" : row.body) << row.id;
}

// Who visits may take long, write, read or throw: no view is open meanwhile.
TEST_F(StoreTest, DocumentsHoldsNothingWhileVisiting) {
  store_.commit(batch({revision("a", "1-x"), revision("b", "1-x")}));
  sqlite::Connection other(file_, Access::kReadWrite, sqlite::Durability::kFull);
  int visits = 0;
  store_.documents({0}, 10, [&](const Change& change, std::string_view) {
    if (++visits == 1) store_.commit(batch({revision("c", "1-x")}));
    auto checkpoint = other.prepare("PRAGMA wal_checkpoint(TRUNCATE)");
    ASSERT_TRUE(checkpoint.step());
    EXPECT_EQ(checkpoint.integer(0), 0) << "a reader is in the way";
    EXPECT_TRUE(store_.read(change.id));
  });
  EXPECT_EQ(visits, 3) << "what came meanwhile is seen as well";
  EXPECT_THROW(
      store_.documents({0}, 10,
                       [](const Change&, std::string_view) { throw std::logic_error("stop"); }),
      std::logic_error);
  EXPECT_EQ(store_.documents({0}, 10, [](const Change&, std::string_view) {}), 3);
}

TEST_F(StoreTest, BatchThatFailsHalfwayLeavesNothing) {
  store_.commit(batch({revision("b", "1-x")}));
  auto torn = batch({revision("a", "1-x"), revision("b", "2-y", {"x"}), revision("z", "1-x")});
  torn.revisions.back().rev.generation = 0;
  torn.quarantined = {{.id = "q", .reason = "reason"}};
  torn.checkpoint = Checkpoint{{"9"}, "9", "", ""};
  EXPECT_THROW(store_.commit(torn), std::invalid_argument);
  EXPECT_THAT(feed(store_), ElementsAre("b@1-x"));
  EXPECT_EQ(store_.read("b")->body, R"({"_id":"b","_rev":"1-x"})");
  EXPECT_EQ(store_.checkpoint(), Checkpoint{});
  EXPECT_THAT(store_.quarantined(), IsEmpty());
  torn.revisions.back() = revision("z", "1-x");
  EXPECT_EQ(store_.commit(torn).documents, 3);
  EXPECT_EQ(store_.counts().documents, 3);
}

TEST_F(StoreTest, ReaderNeedsAFileAndDoesNotWrite) {
  EXPECT_THROW(Store(folder_ / "absent.db", Access::kReadOnly), sqlite::Error);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "absent.db"));
  Store reader(file_, Access::kReadOnly);
  EXPECT_THROW(reader.commit(batch({revision("a", "1-x")})), sqlite::Error);
  store_.commit(batch({revision("a", "1-x")}));
  EXPECT_THAT(feed(reader), ElementsAre("a@1-x"));
}

TEST_F(StoreTest, DamagedRowsAreCalledDamaged) {
  store_.commit(batch({revision("a", "1-x"), revision("b", "1-x"), revision("c", "1-x")}));
  sqlite::Connection(file_, Access::kReadWrite, sqlite::Durability::kFull)
      .execute(
          "UPDATE documents SET leaves='rubbish' WHERE id='a'; UPDATE documents SET rev='rubbish' "
          "WHERE id='b';"
          "UPDATE bodies SET size=1000000000000 WHERE id=(SELECT body FROM documents WHERE "
          "id='c')");
  const auto is_damage = [](const auto& work) {
    try {
      work();
    } catch (const sqlite::Error& e) {
      return e.tells_damage();
    }
    return false;
  };
  EXPECT_TRUE(is_damage([this] { static_cast<void>(store_.tree("a")); }));
  EXPECT_TRUE(is_damage([this] { store_.commit(batch({revision("a", "2-y", {"x"})})); }));
  EXPECT_TRUE(is_damage([this] { static_cast<void>(store_.read("b")); }));
  EXPECT_TRUE(is_damage([this] { static_cast<void>(store_.read("c")); }));
}

TEST_F(StoreTest, ManyThreadsReadWhileOneWrites) {
  std::vector<std::thread> readers;
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        LocalSeq last;
        store_.documents({0}, 1'000'000, [&](const Change& change, std::string_view body) {
          const auto expected =
              "{\"_id\":\"" + change.id + "\",\"_rev\":\"" + change.rev.to_string() + "\"}";
          if (body != expected || change.seq <= last) ++wrong;
          last = change.seq;
        });
        if (last > store_.last_seq()) ++wrong;
      }
    });
  }
  for (int generation = 1; generation <= 30; ++generation) {
    std::vector<IncomingRevision> revisions;
    for (int i = 0; i < 20; ++i) {
      revisions.push_back(
          revision("d" + std::to_string(i), std::to_string(generation) + "-x",
                   std::vector<std::string>(static_cast<std::size_t>(generation - 1), "x")));
    }
    store_.commit(batch(std::move(revisions)));
  }
  stop = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(store_.counts().documents, 20);
}

}  // namespace
}  // namespace replica
