// Following databases at servers that do otherwise than one CouchDB 3 by itself: older ones, proxies, and what refuses or ends
// its feeds.
#include "tests/api/replication_fixture.hpp"
#include "tests/support/pouchdb_server.hpp"
#include "tests/support/scripted_server.hpp"

namespace {

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
