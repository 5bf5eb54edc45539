// Following many databases: against a CouchDB in memory, which counts what it is asked.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <nlohmann/json.hpp>

#include "api/render.hpp"
#include "tests/api/replication_fixture.hpp"
#include "tests/support/pouchdb_server.hpp"
#include "tests/support/scripted_server.hpp"

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

class LateUpdates : public ReplicationTest {
 protected:
  LateUpdates() : ReplicationTest(options()) {}
  static support::CouchOptions options() {
    support::CouchOptions options;
    options.db_updates_delay = 1h;
    return options;
  }
};

TEST_F(LateUpdates, WhatTheFeedOfAllDatabasesDoesNotNameIsLookedAtAllTheSame) {
  config_.sources[0].poll_interval = 100ms;
  add("alice", "m");
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.source().idle == 1; }));
  EXPECT_EQ(running.source().watch, api::Watch::kUpdates);
  add("alice", "n");
  EXPECT_TRUE(eventually([&] { return running.messages("alice") == 2; }));
}

class DecodedPaths : public ReplicationTest {
 protected:
  DecodedPaths() : ReplicationTest(options()) {}
  static support::CouchOptions options() {
    support::CouchOptions options;
    options.decodes_paths = true;
    return options;
  }
};

TEST_F(DecodedPaths, MakeNoDatabaseGone) {
  add("alice", "m");
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return !running.replication.feeds_of("alice").empty(); }));
  EXPECT_TRUE(eventually([&] {
    const auto feed = running.replication.feeds_of("alice").front();
    return feed.state == FeedState::kCrashing && feed.last_error.find("%2F") != std::string::npos;
  }));
  EXPECT_FALSE(running.accounts.registry().is_gone("alice"));
  indexer::Progress progress;
  try {
    (void)running.replication.sync("alice", {}, progress);
    ADD_FAILURE() << "nothing can be pulled";
  } catch (const replica::SourceError& error) {
    EXPECT_THAT(error.what(), HasSubstr("proxy_pass"));
  }
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

// Feeds of two accounts stand; then bob's answers that status and nobody else's does.
class BrokenFeed : public RefusedUpdates, public testing::WithParamInterface<int> {
 protected:
  BrokenFeed() {
    for (const char* account : {"alice", "bob"}) add(account, "m");
    Running running(config_);
    EXPECT_TRUE(eventually([&] { return running.source().open_feeds == 2; }));
    EXPECT_TRUE(eventually([&] { return running.source().idle == 2; }));
    couch_.break_feeds(emails_of("bob"), GetParam());
  }
};

TEST_P(BrokenFeed, HarmsItsOwnDatabaseOnly) {
  couch_.reset_counters();
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.source().idle == 2; }));
  // Until it was tried often enough to count.
  std::this_thread::sleep_for(5s);
  EXPECT_EQ(running.source().watch, api::Watch::kContinuous);
  EXPECT_TRUE(eventually([&] { return running.source().open_feeds == 1; }));
  EXPECT_EQ(running.source().last_error, "");
  EXPECT_EQ(running.source().databases[static_cast<std::size_t>(FeedState::kCrashing)], 0U);
  add("alice", "n");
  const auto began = std::chrono::steady_clock::now();
  EXPECT_TRUE(eventually([&] { return running.messages("alice") == 2; }));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

INSTANTIATE_TEST_SUITE_P(Statuses, BrokenFeed, testing::Values(400, 401, 403, 405, 500, 503));

TEST_F(RefusedUpdates, AKindOfFeedThatNoDatabaseAllowsIsRefused) {
  for (const char* account : {"alice", "bob"}) {
    add(account, "m");
    couch_.break_feeds(emails_of(account), 403);
  }
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.source().idle == 2; }));
  EXPECT_TRUE(eventually([&] { return running.source().watch == api::Watch::kPoll; }));
}

class Maintenance : public ReplicationTest {
 protected:
  Maintenance() : ReplicationTest({.refuses_db_updates = true, .is_in_maintenance = true}) {}
};

TEST_F(Maintenance, FeedsThatEndAtOnceAreAskedForLessAndLessOften) {
  for (const char* account : {"alice", "bob"}) add(account, "m");
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.source().idle == 2; }));
  std::this_thread::sleep_for(2s);
  couch_.reset_counters();
  std::this_thread::sleep_for(3s);
  EXPECT_LE(asked(couch_), 12U);
  add("alice", "n");
  EXPECT_TRUE(eventually([&] { return running.messages("alice") == 2; }));
}

class PublicDatabases : public ReplicationTest {
 protected:
  PublicDatabases() : ReplicationTest({.user = "admin", .password = "secret"}) {}
};

TEST_F(PublicDatabases, ArePulledWithoutUserThoughOthersAreRefused) {
  config_.sources[0].watch = api::Watch::kPoll;
  config_.sources[0].has_all_accounts = false;
  config_.sources[0].accounts = {"alice", "bob"};
  for (const char* account : {"alice", "bob"}) add(account, "m");
  couch_.set_members(emails_of("alice"), {""});  // the name of who gives none
  couch_.set_members(emails_of("bob"), {"bob"});
  Running running(config_);
  EXPECT_TRUE(eventually([&] { return running.messages("alice") == 1; }));
  EXPECT_TRUE(eventually([&] {
    const auto feeds = running.replication.feeds_of("bob");
    return !feeds.empty() && feeds.front().state == FeedState::kCrashing;
  }));
  EXPECT_EQ(running.source().state, FeedState::kWaiting);
}

TEST_F(ReplicationTest, ASourceThatWantsToBeLeftAloneFromTheStartIsReportedAtOnce) {
  support::Exchange welcome;
  welcome.request = "GET /";
  welcome.answer = support::answer(R"({"error":"maintenance"})", 503, "Retry-After: 600\r\n");
  const support::ScriptedServer server({welcome});
  config_.sources[0].address.url = server.url();
  Running running(config_);
  EXPECT_TRUE(eventually([&] { return running.source().state == FeedState::kCrashing; }));
  EXPECT_THAT(running.source().last_error, HasSubstr("503"));
  std::this_thread::sleep_for(1s);
  EXPECT_EQ(server.complaints(), "") << "it was asked again";
}

class AtCouchdb1 : public ReplicationTest {
 protected:
  AtCouchdb1() : ReplicationTest(options()) {}
  static support::CouchOptions options() {
    support::CouchOptions options;
    options.dialect = support::CouchDialect::kCouchdb1;
    return options;
  }
};

TEST_F(AtCouchdb1, ADatabaseThatTheServerOpenedAgainIsTheSame) {
  config_.sources[0].watch = api::Watch::kPoll;
  config_.sources[0].poll_interval = 100ms;
  add("alice", "m");
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.source().idle == 1; }));
  couch_.reset_counters();
  add("alice", "n");
  ASSERT_TRUE(eventually([&] { return running.messages("alice") == 2; }));
  std::this_thread::sleep_for(1s);
  EXPECT_LE(couch_.counters().requests["GET _changes"], 2U) << "it was swept";
}

class AtPouchdb : public ReplicationTest {
 protected:
  AtPouchdb() {
    api::SourceConfig& source = config_.sources[0];
    source.address.url = pouchdb_.url();
    source.has_all_accounts = false;
    source.accounts = {"alice", "bob"};
    for (const auto& account : source.accounts) make(account, "m");
  }
  void make(const std::string& account, const std::string& id) const {
    const std::string database = "/" + account + "%2Fio-cozy-emails";
    ASSERT_EQ(pouchdb_.ask("PUT", database).status, 201);
    ASSERT_EQ(pouchdb_.ask("PUT", database + "/" + id, R"({"subject":"Hello"})").status, 201);
  }
  void make_anew(const std::string& account, const std::string& id) const {
    ASSERT_EQ(pouchdb_.ask("DELETE", "/" + account + "%2Fio-cozy-emails").status, 200);
    make(account, id);
  }
  static bool has(Running& running, const std::string& account, const std::string& id) {
    const auto opened = running.accounts.find(account);
    const auto document = opened->stores().find(mail::Doctype::kEmails)->read(id);
    return document && !document->body.empty();  // a purge leaves a row
  }
  support::PouchdbServer pouchdb_;
};

TEST_F(AtPouchdb, ADatabaseMadeAnewIsNoticedThoughItCameToTheSameSequence) {
  {
    Running running(config_);
    ASSERT_TRUE(eventually([&] { return running.source().idle == 2; }));
    ASSERT_TRUE(eventually([&] { return running.accounts.registry().behind().empty(); }));
  }
  make_anew("alice", "n");
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.source().idle == 2; }));
  EXPECT_EQ(running.accounts.open_count(), 1U) << "the other one is as it was";
  EXPECT_TRUE(
      eventually([&] { return has(running, "alice", "n") && !has(running, "alice", "m"); }));
}

}  // namespace
