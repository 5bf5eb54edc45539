// Following many databases: against a CouchDB in memory, which counts what it is asked.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <nlohmann/json.hpp>

#include "api/render.hpp"
#include "tests/api/replication_fixture.hpp"

namespace {

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

TEST_F(ReplicationTest, ASourceWithoutAccountsIsWaitedFor) {
  Running running(config_);
  EXPECT_TRUE(eventually([&] { return running.source().state == FeedState::kWaiting; }));
  EXPECT_EQ(running.source().accounts, 0U);
  add("alice", "m1");
  EXPECT_TRUE(eventually([&] { return running.messages("alice") == 1; }));
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

TEST_F(ReplicationTest, WhatWaitsIsBehindASourceThatGoesDown) {
  auto couch = std::make_unique<support::MemoryCouchdb>();
  couch->create(emails_of("alice"));
  config_.sources[0].address.url = couch->url();
  config_.sources[0].watch = api::Watch::kPoll;
  config_.sources[0].poll_interval = 100ms;
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.source().idle == 1; }));
  EXPECT_EQ(running.source().lag, 0s);
  std::this_thread::sleep_for(3s);
  couch.reset();
  ASSERT_TRUE(eventually([&] { return running.source().lag >= 2s; }));
  const auto feeds = running.replication.feeds();
  const auto source = running.source();
  ASSERT_EQ(feeds.size(), 1U);
  EXPECT_GE(feeds[0].lag, 2s);
  EXPECT_LE(feeds[0].lag, source.lag) << "it waited in step before";
  EXPECT_EQ(source.idle, 0U);
  std::chrono::seconds most{0};
  for (const auto& lags : source.lags) most = std::max(most, lags.most);
  EXPECT_GE(most, 2s);
}

class SilentSource : public ReplicationTest, public testing::WithParamInterface<api::Watch> {};

TEST_P(SilentSource, WhatWaitsIsBehindIt) {
  namespace net = boost::asio;
  auto couch = std::make_unique<support::MemoryCouchdb>();
  couch->create(emails_of("alice"));
  const net::ip::tcp::endpoint address(net::ip::address_v4::loopback(), couch->port());
  config_.sources[0].address.url = couch->url();
  config_.sources[0].watch = GetParam();
  config_.sources[0].poll_interval = GetParam() == api::Watch::kPoll ? 1s : 3'600s;
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.source().idle == 1; }));
  couch.reset();
  net::io_context context;
  const net::ip::tcp::acceptor silent(context, address);
  EXPECT_TRUE(eventually([&] { return running.source().lag >= 5s; }));
  EXPECT_GE(running.replication.feeds().at(0).lag, 5s);
}

INSTANTIATE_TEST_SUITE_P(Feeds, SilentSource,
                         testing::Values(api::Watch::kPoll, api::Watch::kUpdates));

TEST_F(ReplicationTest, WhatWasPulledOnceIsBehindASourceThatIsDown) {
  add("alice", "m");
  {
    Running running(config_);
    ASSERT_TRUE(eventually([&] { return running.source().idle == 1; }));
  }
  config_.sources[0].has_all_accounts = false;
  config_.sources[0].accounts = {"alice", "never"};
  config_.sources[0].doctypes = {mail::Doctype::kEmails, mail::Doctype::kFiles};
  config_.sources[0].address.url = fmt::format("http://127.0.0.1:{}", support::free_port());
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.source().state == FeedState::kCrashing; }));
  const auto source = running.source();
  EXPECT_EQ(source.databases[static_cast<std::size_t>(FeedState::kCrashing)], 4U);
  EXPECT_EQ(source.databases[static_cast<std::size_t>(FeedState::kInitializing)], 0U);
  (void)running.accounts.create("never");
  const auto feeds = running.replication.feeds();
  const auto status =
      nlohmann::json::parse(api::render_status(running.accounts, feeds, {source}, {}));
  ASSERT_EQ(status["accounts"].size(), 2U);
  EXPECT_GE(status["accounts"][0]["lagSeconds"], 1);
  EXPECT_TRUE(status["accounts"][1]["lagSeconds"].is_null()) << "its first pull is to come";
}

TEST_F(ReplicationTest, ADatabaseWithoutAReachableCopyIsNotGone) {
  config_.sources[0].watch = api::Watch::kPoll;
  config_.sources[0].poll_interval = 1s;
  add("alice", "m");
  Running running(config_);
  const auto in_state = [&running](FeedState state) {
    const auto feeds = running.replication.feeds_of("alice");
    return feeds.size() == 1 && feeds.front().state == state;
  };
  ASSERT_TRUE(eventually([&] { return in_state(FeedState::kWaiting); }));
  couch_.set_unreachable(emails_of("alice"), true);
  ASSERT_TRUE(eventually([&] { return in_state(FeedState::kCrashing); }));
  EXPECT_THAT(running.replication.feeds_of("alice").front().last_error, HasSubstr("nodedown"));
  couch_.set_unreachable(emails_of("alice"), false);
  EXPECT_TRUE(eventually([&] { return in_state(FeedState::kWaiting); }));
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
  indexer::Progress progress;
  const auto outcome = running.replication.sync("alice", {}, progress);
  ASSERT_EQ(outcome.databases.size(), 1U);
  EXPECT_EQ(outcome.pulled.documents, 1U);
  EXPECT_EQ(running.messages("alice"), 3);
  EXPECT_EQ(progress.done, 3) << "a document, listed and indexed";
  EXPECT_ANY_THROW((void)running.replication.sync("nobody", {}, progress));

  add("alice", "p");
  progress.cancelled = true;
  EXPECT_THROW((void)running.replication.sync("alice", {}, progress), indexer::Cancelled);
  const auto feeds = running.replication.feeds_of("alice");
  ASSERT_EQ(feeds.size(), 1U);
  EXPECT_EQ(feeds.front().last_error, "") << "to be cancelled is no fault of the source's";
  EXPECT_TRUE(running.replication.wake("alice"));
  EXPECT_TRUE(eventually([&] { return running.messages("alice") == 4; }));
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

TEST_F(ReplicationTest, AFeedThatIsBehindItsDatabaseIsReadAgain) {
  config_.sources[0].watch = api::Watch::kPoll;
  add("alice", "m");
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.source().idle == 1; }));
  couch_.hold_feeds(emails_of("alice"));
  add("alice", "n");
  couch_.reset_counters();
  EXPECT_TRUE(running.replication.wake("alice"));
  ASSERT_TRUE(eventually([&] { return couch_.counters().requests["GET _changes"] > 0; }));
  ASSERT_TRUE(is_quiet(couch_));
  EXPECT_EQ(running.messages("alice"), 1);
  couch_.release_feeds(emails_of("alice"));
  EXPECT_TRUE(eventually([&] { return running.messages("alice") == 2; }));
}

TEST_F(ReplicationTest, ASyncWaitsForANodeThatIsBehindAndSaysWhenItStaysSo) {
  config_.sources[0].watch = api::Watch::kPoll;
  add("alice", "m");
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.source().idle == 1; }));
  couch_.hold_feeds(emails_of("alice"));
  add("alice", "n");
  indexer::Progress progress;
  const auto behind = running.replication.sync("alice", {}, progress);
  EXPECT_THAT(behind.behind, testing::ElementsAre(HasSubstr(emails_of("alice"))));
  EXPECT_EQ(running.messages("alice"), 1);

  std::thread node([&] {
    std::this_thread::sleep_for(1'500ms);
    couch_.release_feeds(emails_of("alice"));
  });
  const auto whole = running.replication.sync("alice", {}, progress);
  node.join();
  EXPECT_THAT(whole.behind, testing::IsEmpty());
  EXPECT_EQ(whole.pulled.documents, 1U);
  EXPECT_EQ(running.messages("alice"), 2);
}

// Purges of whole documents have numbers, but no rows.
TEST_F(ReplicationTest, ASyncAfterAPurgeIsWholeAtOnceWhereThereIsOneCopy) {
  config_.sources[0].watch = api::Watch::kPoll;
  add("alice", "m");
  add("alice", "n");
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.source().idle == 1; }));
  couch_.purge(emails_of("alice"), "n");
  indexer::Progress progress;
  const auto began = std::chrono::steady_clock::now();
  EXPECT_THAT(running.replication.sync("alice", {}, progress).behind, testing::IsEmpty());
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
  EXPECT_EQ(running.messages("alice"), 1);
}

}  // namespace
