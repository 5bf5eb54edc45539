// Databases with a past, pulled in several steps, and compared document by document with what another program reads from the
// server.
#include <gtest/gtest.h>

#include "replica/replicator.hpp"
#include "tests/support/awaiting.hpp"
#include "tests/support/compare.hpp"
#include "tests/support/memory_couchdb.hpp"
#include "tests/support/pouchdb_server.hpp"
#include "tests/support/random_history.hpp"
#include "tests/support/support.hpp"

namespace replica {
namespace {

constexpr auto kDatabase = "alice/mail";
constexpr auto kPath = "/alice%2Fmail";

class ComparisonTest : public testing::Test {
 protected:
  PullSummary pull(const std::string& url) {
    net::io_context context{1};
    net::thread_pool workers{1};
    CouchClient client(context.get_executor(), {url, "", "", {}});
    ReplicatorOptions options;
    options.wants_bytes = [](std::string_view, std::uint64_t) { return true; };
    options.blobs = &blobs_;
    Replicator replicator(client, kDatabase, store_, workers, {}, options);
    return support::run(context, replicator.pull_until_caught_up());
  }

  void expect_the_same(const std::string& url) {
    support::PlainClient reader(url);
    const auto differences = support::compare(reader, kDatabase, store_, &blobs_);
    EXPECT_TRUE(differences.empty()) << support::summary(differences);
    EXPECT_TRUE(store_.quarantined().empty()) << store_.quarantined().front().reason;
  }

  support::TemporaryFolder folder_;
  Store store_{folder_ / "mail.db", sqlite::Access::kReadWrite};
  Blobs blobs_{folder_ / "blobs", sqlite::Access::kReadWrite};
};

TEST_F(ComparisonTest, PouchdbServer) {
  const support::PouchdbServer server;
  support::PlainClient writer(server.url());
  ASSERT_EQ(writer.ask("PUT", kPath).status, 201);
  support::RandomHistory history(writer, kDatabase, 20'010'514);
  for (const int operations : {700, 1, 600, 700, 0}) {
    SCOPED_TRACE(operations);
    history.write(operations);
    (void)pull(server.url());
    expect_the_same(server.url());
  }
}

TEST_F(ComparisonTest, PurgesCompactionsAndDatabasesMadeAgain) {
  for (const auto sequences :
       {support::memory::SequenceStyle::kOpaque, support::memory::SequenceStyle::kFalling}) {
    support::CouchOptions options;
    options.sequences = sequences;
    support::MemoryCouchdb server(options);
    server.create(kDatabase);
    support::PlainClient writer(server.url());
    support::RandomHistory history(writer, kDatabase, 20'260'728);
    for (int step = 0; step < 6; ++step) {
      SCOPED_TRACE(step);
      history.write(250);
      if (step % 2 == 1) {
        for (int i = 0; i < 5; ++i) server.purge(kDatabase, history.forget_one());
      }
      if (step == 2) server.compact(kDatabase);
      if (step == 4) {
        server.recreate(kDatabase);
        history.forget_all();
        history.write(100);
      }
      (void)pull(server.url());
      expect_the_same(server.url());
    }
  }
}

TEST_F(ComparisonTest, SeesWhatIsNotTheSame) {
  support::MemoryCouchdb server;
  server.create(kDatabase);
  for (const char* id : {"changed", "deleted", "in-conflict", "purged", "same"})
    server.put(kDatabase, id, R"({"n":1})");
  server.attach(kDatabase, "same", "a.txt", "text/plain", "bytes");
  (void)pull(server.url());
  expect_the_same(server.url());
  server.put(kDatabase, "changed", R"({"n":2})");
  server.remove(kDatabase, "deleted");
  server.conflict(kDatabase, "in-conflict", R"({"n":3})");
  server.purge(kDatabase, "purged");
  server.put(kDatabase, "new", "{}");
  support::PlainClient reader(server.url());
  const std::string seen = support::summary(support::compare(reader, kDatabase, store_, &blobs_));
  for (const char* id : {"changed: ", "deleted: ", "in-conflict: ", "purged: ", "new: "})
    EXPECT_NE(seen.find(id), std::string::npos) << id << "is not in:\n" << seen;
  EXPECT_EQ(seen.find("same: "), std::string::npos) << seen;
}

}  // namespace
}  // namespace replica
