// Following many databases: against a CouchDB in memory, which counts what it is asked.
#include "api/replication.hpp"

#include <fmt/format.h>
#include <functional>
#include <gmock/gmock.h>
#include <thread>

#include "mail/parser.hpp"
#include "tests/support/memory_couchdb.hpp"
#include "tests/support/program.hpp"
#include "tests/support/support.hpp"

namespace {

using namespace std::chrono_literals;
using api::FeedState;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

bool eventually(const std::function<bool()>& done) {
  for (int attempt = 0; attempt < 2'000; ++attempt) {
    if (done()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

std::uint64_t asked(const support::MemoryCouchdb& couch) { return couch.counters().all_requests(); }

// Nothing is asked any more, as far as half a second tells.
bool is_quiet(const support::MemoryCouchdb& couch) {
  for (int attempt = 0; attempt < 40; ++attempt) {
    const auto before = asked(couch);
    std::this_thread::sleep_for(500ms);
    if (asked(couch) == before) return true;
  }
  return false;
}

std::string emails_of(const std::string& account) { return account + "/io-cozy-emails"; }

class ReplicationTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { mail::initialize(); }

  explicit ReplicationTest(support::CouchOptions options = {}) : couch_(std::move(options)) {
    config_.data_dir = folder_.path();
    config_.replication.account_idle = 1h;
    api::SourceConfig& source = config_.sources.emplace_back();
    source.name = "couch";
    source.address.url = couch_.url();
    source.has_all_accounts = true;
    source.poll_interval = 1h;
    source.doctypes = {mail::Doctype::kEmails};
  }

  void add(const std::string& account, const std::string& id) {
    couch_.create(emails_of(account));
    couch_.put(emails_of(account), id,
               R"({"subject":"Hello","receivedAt":"2021-01-01T00:00:00Z"})");
  }
  // A replication and its accounts, from start to end.
  struct Running {
    explicit Running(const api::Config& config)
        : accounts(config, replica::sqlite::Access::kReadWrite),
          replication(config, accounts, metrics) {
      replication.start();
    }
    [[nodiscard]] std::int64_t messages(const std::string& account) {
      const auto opened = accounts.find(account);
      return opened ? opened->message_count() : 0;
    }
    [[nodiscard]] api::SourceReport source() const { return replication.sources().at(0); }

    api::Accounts accounts;
    api::Metrics metrics;
    api::Replication replication;
  };

  support::TemporaryFolder folder_;
  support::MemoryCouchdb couch_;
  api::Config config_;
};

TEST_F(ReplicationTest, OneFeedBringsWhatMovesAndIdleAccountsAskNothing) {
  for (int i = 0; i < 20; ++i) add(fmt::format("a{}", i), "m");
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.source().idle == 20; }));
  EXPECT_EQ(running.source().watch, api::Watch::kUpdates);
  EXPECT_EQ(running.source().open_feeds, 1U);
  ASSERT_TRUE(is_quiet(couch_));
  couch_.reset_counters();
  std::this_thread::sleep_for(1s);
  EXPECT_EQ(asked(couch_), 0U) << "nothing is asked for idle accounts";
  EXPECT_LE(couch_.counters().open_connections, 10U);

  add("a7", "n");
  EXPECT_TRUE(eventually([&] { return running.messages("a7") == 2; }));
  add("fresh", "m");
  EXPECT_TRUE(eventually([&] { return running.messages("fresh") == 1; }));
  couch_.drop(emails_of("a3"));
  EXPECT_TRUE(eventually([&] { return running.accounts.registry().is_gone("a3"); }));
  EXPECT_EQ(running.messages("a3"), 1) << "what was pulled stays";
}

TEST_F(ReplicationTest, AGapIsClosedWithoutOpeningWhatDidNotMove) {
  for (const char* account : {"alice", "bob", "carol"}) add(account, "m");
  {
    Running running(config_);
    ASSERT_TRUE(eventually([&] { return running.source().idle == 3; }));
    for (const char* account : {"alice", "bob", "carol"})
      ASSERT_TRUE(eventually([&] { return running.messages(account) == 1; }));
    ASSERT_TRUE(eventually([&] { return running.accounts.registry().behind().empty(); }));
  }
  add("bob", "n");
  couch_.reset_counters();
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.source().idle == 3; }));
  ASSERT_TRUE(eventually([&] { return running.messages("bob") == 2; }));
  EXPECT_EQ(running.accounts.open_count(), 1U);
  EXPECT_THAT(couch_.counters().requests, Contains(testing::Key(HasSubstr("_dbs_info"))));
}

TEST_F(ReplicationTest, AnAccountThatIsUnusedIsClosed) {
  config_.replication.account_idle = 50ms;
  add("alice", "m");
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.messages("alice") == 1; }));
  EXPECT_TRUE(eventually([&] { return running.accounts.open_count() == 0; }));
  EXPECT_EQ(running.messages("alice"), 1);
}

TEST_F(ReplicationTest, ASourceThatGoesAndComesIsOneState) {
  for (int i = 0; i < 5; ++i) add(fmt::format("a{}", i), "m");
  config_.sources[0].watch = api::Watch::kPoll;
  config_.sources[0].poll_interval = 200ms;
  config_.sources[0].address.url = fmt::format("http://127.0.0.1:{}", support::free_port());
  {
    Running running(config_);
    ASSERT_TRUE(eventually([&] { return running.source().state == FeedState::kCrashing; }));
    EXPECT_THAT(running.source().last_error, HasSubstr("cannot reach"));
    EXPECT_FALSE(running.replication.wake("Not-One"));
  }
  config_.sources[0].address.url = couch_.url();
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.source().idle == 5; }));
  EXPECT_EQ(running.source().last_error, "");
}

TEST_F(ReplicationTest, APingPullsAndSoDoesASync) {
  config_.sources[0].watch = api::Watch::kPoll;
  add("alice", "m");
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.source().idle == 1; }));
  add("alice", "n");
  EXPECT_TRUE(running.replication.wake("alice"));
  EXPECT_TRUE(eventually([&] { return running.messages("alice") == 2; }));
  add("late", "m");
  EXPECT_TRUE(running.replication.wake("late"));
  EXPECT_TRUE(eventually([&] { return running.messages("late") == 1; }));

  add("alice", "o");
  const auto outcome = running.replication.sync("alice", true, nullptr);
  ASSERT_EQ(outcome.databases.size(), 1U);
  EXPECT_EQ(outcome.pulled.documents, 1U);
  EXPECT_EQ(running.messages("alice"), 3);
  EXPECT_ANY_THROW((void)running.replication.sync("nobody", true, nullptr));
}

TEST_F(ReplicationTest, TwoSourcesDoNotShareAnAccount) {
  support::MemoryCouchdb other;
  other.create(emails_of("alice"));
  other.put(emails_of("alice"), "x", "{}");
  config_.sources[0].has_all_accounts = false;
  config_.sources[0].accounts = {"alice"};
  api::SourceConfig second = config_.sources[0];
  second.name = "other";
  second.address.url = other.url();
  second.accounts.clear();
  second.has_all_accounts = true;
  config_.sources.push_back(second);
  add("alice", "m");
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.messages("alice") == 1; }));
  ASSERT_TRUE(is_quiet(other));
  EXPECT_EQ(running.replication.sources().at(1).accounts, 0U);
}

class RefusedUpdates : public ReplicationTest {
 protected:
  RefusedUpdates() : ReplicationTest(options()) {}
  static support::CouchOptions options() {
    support::CouchOptions options;
    options.refuses_db_updates = true;
    return options;
  }
};

TEST_F(RefusedUpdates, FeedsOfSingleDatabasesTakeOverAndTheOthersArePolled) {
  config_.sources[0].max_feeds = 2;
  config_.sources[0].poll_interval = 300ms;
  for (int i = 0; i < 4; ++i) add(fmt::format("a{}", i), "m");
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.source().open_feeds == 2; }));
  EXPECT_EQ(running.source().watch, api::Watch::kContinuous);
  for (int i = 0; i < 4; ++i) {
    const auto account = fmt::format("a{}", i);
    add(account, "n");
    EXPECT_TRUE(eventually([&] { return running.messages(account) == 2; })) << account;
  }
}

}  // namespace
