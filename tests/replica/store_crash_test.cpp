// What the store promises when a program is killed, a disk is full, and other programs look on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <set>
#include <sys/resource.h>

#include "replica/store.hpp"
#include "tests/replica/child_process.hpp"
#include "tests/support/support.hpp"

namespace replica {
namespace {

using sqlite::Access;

constexpr int kNewPerBatch = 20;

RevId nth_rev(std::int64_t generation) { return {static_cast<std::uint64_t>(generation), "r"}; }

// The batch that ends at checkpoint `number`: new documents, and one that changes in every batch.
Batch batch_number(std::int64_t number) {
  Batch batch;
  for (int i = 0; i < kNewPerBatch; ++i) {
    const auto id = "d" + std::to_string(number) + '-' + std::to_string(i);
    batch.revisions.push_back({id, nth_rev(1), {}, false, id + std::string(700, 'x')});
  }
  batch.revisions.push_back(
      {"hot", nth_rev(number), {"r"}, false, "hot " + std::to_string(number)});
  batch.checkpoint = Checkpoint{{std::to_string(number)}, "0", "", ""};
  return batch;
}

std::int64_t batches_in(const Store& store) {
  const auto json = store.checkpoint().since.json;
  return json.empty() ? 0 : std::stoll(json);
}

// Documents, counts and feed are those of the batches that the checkpoint vouches for, each
// document once.
void expect_whole(const Store& store) {
  const auto number = batches_in(store);
  std::set<std::string> ids;
  LocalSeq last;
  store.documents({0}, 10'000'000, [&](const Change& change, std::string_view body) {
    EXPECT_TRUE(ids.insert(change.id).second) << change.id;
    EXPECT_LT(last, change.seq);
    last = change.seq;
    EXPECT_EQ(body, change.id == "hot" ? "hot " + std::to_string(number)
                                       : change.id + std::string(700, 'x'));
  });
  EXPECT_EQ(ids.size(), number == 0 ? 0U : static_cast<std::size_t>(number * kNewPerBatch + 1));
  EXPECT_EQ(last, store.last_seq());
  EXPECT_EQ(store.counts().documents, static_cast<std::int64_t>(ids.size()));
  EXPECT_EQ(store.counts().deleted, 0);
  EXPECT_EQ(store.pending({0}), static_cast<std::int64_t>(ids.size()));
}

TEST(StoreCrash, KilledAtAnyMomentItIsWhole) {
  const support::TemporaryFolder folder;
  const auto file = folder / "store.db";
  std::mt19937 random(std::random_device{}());
  for (int round = 0; round < 15; ++round) {
    const Channel committed;
    ChildProcess child([&] {
      Store store(file, Access::kReadWrite);
      for (auto number = batches_in(store) + 1;; ++number) {
        store.commit(batch_number(number));
        committed.send(number);
      }
      return 0;
    });
    std::int64_t acknowledged = 0;
    for (auto rows = random() % 8 + 1; rows > 0; --rows) acknowledged = committed.receive();
    ::usleep(static_cast<useconds_t>(random() % 4'000));
    child.kill();
    const Store store(file, round % 2 == 0 ? Access::kReadWrite : Access::kReadOnly);
    EXPECT_GE(batches_in(store), acknowledged);
    expect_whole(store);
  }
}

TEST(StoreCrash, AnotherProcessReadsWhileThisOneWrites) {
  const support::TemporaryFolder folder;
  const auto file = folder / "store.db";
  const Channel created, looked;
  ChildProcess reader([&] {
    static_cast<void>(created.receive());
    const Store store(file, Access::kReadOnly);
    LocalSeq last;
    for (int round = 0;; ++round) {
      const auto before = batches_in(store);
      std::int64_t rows = 0;
      bool wrong = false;
      store.documents({0}, 10'000'000, [&](const Change& change, std::string_view body) {
        ++rows;
        wrong = wrong || body.substr(0, change.id.size()) != change.id;
      });
      if (wrong || rows < before * kNewPerBatch || store.last_seq() < last) return 1;
      last = store.last_seq();
      if (round == 0) looked.send(0);
      if (before == 60) return 0;
    }
  });
  Store store(file, Access::kReadWrite);
  created.send(0);
  static_cast<void>(looked.receive());
  for (std::int64_t number = 1; number <= 60; ++number) store.commit(batch_number(number));
  EXPECT_EQ(reader.wait(), 0);
}

TEST(StoreCrash, TwoHandlesSeeEachOthersCommits) {
  const support::TemporaryFolder folder;
  Store first(folder / "store.db", Access::kReadWrite);
  Store second(folder / "store.db", Access::kReadWrite);
  for (std::int64_t number = 1; number <= 6; ++number)
    (number % 2 == 0 ? first : second).commit(batch_number(number));
  expect_whole(first);
  expect_whole(second);
}

TEST(StoreCrash, FullDiskIsNamedAndHarmless) {
  const support::TemporaryFolder folder;
  const auto file = folder / "store.db";
  const auto fill = [&file](rlim_t limit) {
    ::signal(SIGXFSZ, SIG_IGN);
    Store store(file, Access::kReadWrite);
    rlimit bounds{};
    ::getrlimit(RLIMIT_FSIZE, &bounds);
    const auto unbounded = bounds;
    bounds.rlim_cur = limit;
    ::setrlimit(RLIMIT_FSIZE, &bounds);
    std::int64_t number = batches_in(store) + 1;
    try {
      for (;; ++number) store.commit(batch_number(number));
    } catch (const sqlite::Error& e) {
      const std::string_view message = e.what();
      if (!e.is_disk_full() ||
          message.find("no space left on " + file.string()) == std::string_view::npos ||
          message.find("nothing is lost") == std::string_view::npos) {
        std::fprintf(stderr, "child: %s\n", e.what());
        return 1;
      }
    }
    if (batches_in(store) != number - 1) return 2;
    expect_whole(store);
    ::setrlimit(RLIMIT_FSIZE, &unbounded);
    store.commit(batch_number(number));
    expect_whole(store);
    return testing::Test::HasFailure() ? 3 : 0;
  };
  for (const rlim_t limit : {200'000U, 500'000U}) {
    ChildProcess child([&] { return fill(limit); });
    EXPECT_EQ(child.wait(), 0) << limit;
    expect_whole(Store(file, Access::kReadWrite));
  }
}

}  // namespace
}  // namespace replica
