// Accounts that are paused, compared anew, removed.
#include "api/account_removal.hpp"
#include "tests/api/replication_fixture.hpp"
#include "tests/support/store_edits.hpp"

namespace {

TEST_F(ReplicationTest, APausedAccountIsReadButNotPulledAlsoAfterARestart) {
  add("alice", "m");
  add("bob", "m");
  {
    Running running(config_);
    ASSERT_TRUE(eventually([&] { return running.source().idle == 2; }));
    ASSERT_TRUE(eventually([&] { return running.messages("alice") == 1; }));
    running.replication.pause("alice");
    EXPECT_FALSE(running.replication.wake("alice"));
    indexer::Progress progress;
    EXPECT_ANY_THROW((void)running.replication.sync("alice", {}, progress));
  }
  add("alice", "n");
  add("bob", "n");
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.messages("bob") == 2; }));
  ASSERT_TRUE(is_quiet(couch_));
  EXPECT_EQ(running.messages("alice"), 1);
  EXPECT_EQ(running.replication.feeds_of("alice").at(0).state, FeedState::kPaused);
  EXPECT_EQ(running.source().databases[static_cast<std::size_t>(FeedState::kPaused)], 1U);
  running.replication.resume("alice");
  EXPECT_TRUE(eventually([&] { return running.messages("alice") == 2; }));
}

TEST_F(ReplicationTest, APullUnderWayEndsWhenItsAccountIsPausedAndGoesOnLater) {
  couch_.create(emails_of("alice"));
  for (int i = 0; i < 3'000; ++i) couch_.put(emails_of("alice"), fmt::format("m{}", i), "{}");
  config_.replication.memory = 4 << 20;
  Running running(config_);
  ASSERT_TRUE(eventually([&] {
    const auto feeds = running.replication.feeds_of("alice");
    return !feeds.empty() && feeds[0].state != FeedState::kInitializing;
  }));
  running.replication.pause("alice");
  ASSERT_TRUE(eventually([&] { return running.source().pulls == 0; }));
  EXPECT_EQ(running.replication.feeds_of("alice").at(0).last_error, "") << "no failure";
  running.replication.resume("alice");
  EXPECT_TRUE(eventually([&] { return running.messages("alice") == 3'000; }));
}

TEST_F(ReplicationTest, AResyncFindsWhatNoSequenceTells) {
  for (const char* id : {"m", "n"}) add("alice", id);
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.messages("alice") == 2; }));
  ASSERT_TRUE(eventually([&] { return running.source().idle == 1; }));
  {
    const auto account = running.accounts.find("alice");
    support::purge(account->stores().create(mail::Doctype::kEmails), {"n"});
  }
  couch_.reset_counters();
  EXPECT_TRUE(running.replication.resync("alice"));
  const auto here = [&] {
    const auto account = running.accounts.find("alice");
    return account->stores().find(mail::Doctype::kEmails)->counts().documents;
  };
  EXPECT_TRUE(eventually([&] { return here() == 2; }));
  EXPECT_FALSE(running.replication.resync("Not-One"));
}

// A store has lost what its sequence says that it has.
class LossTest : public ReplicationTest {
 protected:
  LossTest() {
    for (const char* id : {"m", "n"}) add("alice", id);
    Running running(config_);
    EXPECT_TRUE(eventually([&] { return running.messages("alice") == 2; }));
    EXPECT_TRUE(eventually([&] { return running.source().idle == 1; }));
    const auto account = running.accounts.find("alice");
    support::purge(account->stores().create(mail::Doctype::kEmails), {"n"});
  }
  static std::int64_t documents(Running& running) {
    const auto account = running.accounts.find("alice");
    return account->stores().find(mail::Doctype::kEmails)->counts().documents;
  }
  void execute(const char* statement) const {
    replica::sqlite::Connection(config_.data_dir / "davenport.db",
                                replica::sqlite::Access::kReadWrite,
                                replica::sqlite::Durability::kFull)
        .execute(statement);
  }
};

TEST_F(LossTest, WhatIsInStepIsNotLookedInto) {
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.source().idle == 1; }));
  EXPECT_EQ(documents(running), 1);
}

TEST_F(LossTest, AResyncThatAProgramDidNotComeToIsDoneByTheNext) {
  {
    Running running(config_);
    running.replication.pause("alice");
    EXPECT_EQ(running.replication.resync("alice"), 1U);
  }
  Running running(config_);
  running.replication.resume("alice");
  EXPECT_TRUE(eventually([&] { return documents(running) == 2; }));
  EXPECT_TRUE(eventually([&] { return running.source().idle == 1; }));
  EXPECT_TRUE(eventually([&] {
    return running.accounts.registry().databases_of("alice").at(0).seen != api::kResyncPending;
  }));
}

TEST_F(LossTest, ASweepThatWasInterruptedGoesOn) {
  {
    api::Accounts accounts(config_, replica::sqlite::Access::kReadWrite);
    accounts.registry().forget_sequences("alice");
    accounts.find("alice")->stores().create(mail::Doctype::kEmails).begin_sweep();
  }
  Running running(config_);
  EXPECT_TRUE(eventually([&] { return documents(running) == 2; }));
}

TEST_F(LossTest, NoSequenceIsKnownWhileASweepIsUnderWay) {
  couch_.recreate(emails_of("alice"));
  add("alice", "m");
  {
    Running running(config_);
    ASSERT_TRUE(eventually([&] { return running.source().idle == 1; }));
  }
  // Nothing is written any more: neither that a sweep begins, nor, then, the sweep.
  couch_.recreate(emails_of("alice"));
  execute("CREATE TRIGGER full BEFORE INSERT ON database BEGIN SELECT RAISE(FAIL, 'full'); END");
  Running running(config_);
  ASSERT_TRUE(
      eventually([&] { return !running.replication.feeds_of("alice")[0].last_error.empty(); }));
  const auto account = running.accounts.find("alice");
  EXPECT_FALSE(account->stores().find(mail::Doctype::kEmails)->is_sweeping());
  EXPECT_EQ(documents(running), 1);
  execute("DROP TRIGGER full");
}

TEST_F(LossTest, AResyncThatCannotBeKeptIsRefused) {
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.source().idle == 1; }));
  execute("CREATE TRIGGER full BEFORE INSERT ON database BEGIN SELECT RAISE(FAIL, 'no room'); END");
  try {
    (void)running.replication.resync("alice");
    ADD_FAILURE() << "it was said to be under way";
  } catch (const std::exception& error) {
    EXPECT_THAT(error.what(), HasSubstr("no room"));
  }
  execute("DROP TRIGGER full");
  EXPECT_EQ(running.replication.resync("alice"), 1U);
  EXPECT_TRUE(eventually([&] { return documents(running) == 2; }));
}

TEST_F(LossTest, OfWhatIsGoneNothingIsCompared) {
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.source().idle == 1; }));
  couch_.drop(emails_of("alice"));
  ASSERT_TRUE(eventually([&] { return running.accounts.registry().is_gone("alice"); }));
  EXPECT_EQ(running.replication.resync("alice"), 0U);
}

TEST_F(ReplicationTest, AResyncTakesNothingFromAnAccountOfImportedMail) {
  config_.sources[0].has_all_accounts = false;
  config_.sources[0].accounts = {"alice"};
  {
    api::Accounts accounts(config_, replica::sqlite::Access::kReadWrite);
    replica::Batch batch;
    batch.revisions = {{"mine", *replica::RevId::parse("1-a"), {}, false, "{}"}};
    accounts.find("alice")->stores().create(mail::Doctype::kEmails).commit(batch);
  }
  add("alice", "m");
  Running running(config_);
  ASSERT_TRUE(eventually(
      [&] { return running.replication.feeds_of("alice").at(0).state == FeedState::kCrashing; }));
  EXPECT_TRUE(running.replication.resync("alice"));
  ASSERT_TRUE(is_quiet(couch_));
  const auto account = running.accounts.find("alice");
  EXPECT_TRUE(account->stores().find(mail::Doctype::kEmails)->read("mine"));
}

class RemovalTest : public ReplicationTest {
 protected:
  [[nodiscard]] std::filesystem::path folder_of(const std::string& account) const {
    return config_.data_dir / "accounts" / account;
  }
  void remove(Running& running, const std::string& account) {
    api::remove_account(config_, running.accounts, running.replication, tasks_, account);
  }
  api::Tasks tasks_{config_.data_dir / "davenport.db"};
};

TEST_F(RemovalTest, AFoundAccountIsGoneUntilItIsResumed) {
  add("alice", "m");
  add("bob", "m");
  {
    Running running(config_);
    ASSERT_TRUE(eventually([&] { return running.messages("alice") == 1; }));
    remove(running, "alice");
    EXPECT_FALSE(std::filesystem::exists(folder_of("alice")));
    EXPECT_EQ(running.accounts.find("alice"), nullptr);
    EXPECT_THAT(running.accounts.names(), testing::ElementsAre("bob"));
    add("alice", "n");
    EXPECT_FALSE(running.replication.wake("alice"));
    ASSERT_TRUE(is_quiet(couch_));
    EXPECT_FALSE(std::filesystem::exists(folder_of("alice"))) << "it came back by itself";
  }
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.messages("bob") == 1; }));
  (void)running.replication.wake("alice");
  ASSERT_TRUE(is_quiet(couch_));
  EXPECT_FALSE(std::filesystem::exists(folder_of("alice"))) << "after a restart";
  running.replication.resume("alice");
  EXPECT_TRUE(eventually([&] { return running.messages("alice") == 2; }));
}

TEST_F(RemovalTest, OneThatIsHeldOpenStaysAsItWas) {
  add("alice", "m");
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.messages("alice") == 1; }));
  remove(running, "alice");
  running.replication.resume("alice");
  ASSERT_TRUE(eventually([&] { return running.messages("alice") == 1; }));
}

TEST_F(RemovalTest, LinksAreNotFollowed) {
  const auto outside = folder_ / "outside";
  support::write_file(outside / "precious", "mine");
  {
    api::Accounts accounts(config_, replica::sqlite::Access::kReadWrite);
    (void)accounts.create("local");
  }
  std::filesystem::create_directory_symlink(outside, folder_of("local") / "link");
  std::filesystem::create_directory_symlink(outside, folder_of("linked"));
  api::remove_account(config_, "local");
  EXPECT_FALSE(std::filesystem::exists(folder_of("local")));
  EXPECT_THROW(api::remove_account(config_, "linked"), api::RemovalRefused);
  EXPECT_THROW(api::remove_account(config_, "../accounts"), api::RemovalRefused);
  EXPECT_THROW(api::remove_account(config_, "nobody"), api::RemovalRefused);
  EXPECT_EQ(support::read_file(outside / "precious"), "mine");
}

TEST_F(RemovalTest, OneThatTheConfigurationNamesIsRefused) {
  config_.sources[0].has_all_accounts = false;
  config_.sources[0].accounts = {"alice"};
  add("alice", "m");
  Running running(config_);
  ASSERT_TRUE(eventually([&] { return running.messages("alice") == 1; }));
  EXPECT_THROW(remove(running, "alice"), api::RemovalRefused);
  EXPECT_EQ(running.messages("alice"), 1);
}

TEST_F(RemovalTest, WhatWasKilledHalfwayIsFinished) {
  support::write_file(config_.data_dir / "accounts/.removed-alice/store/x.db", "x");
  support::write_file(config_.data_dir / "accounts/bob/store/x.db", "x");
  support::write_file(config_.data_dir / "accounts/.removed-photos/2020/1.jpg", "no account's");
  support::write_file(config_.data_dir / "accounts/.removed-alice/extracts.db-wal", "x");
  support::write_file(config_.data_dir / "accounts/.removed-alice/unfinished-backup", "x");
  api::finish_removals(config_.data_dir);
  EXPECT_TRUE(std::filesystem::exists(config_.data_dir / "accounts/.removed-photos/2020/1.jpg"));
  EXPECT_FALSE(std::filesystem::exists(config_.data_dir / "accounts/.removed-alice"));
  EXPECT_TRUE(std::filesystem::exists(config_.data_dir / "accounts/bob/store/x.db"));
}

}  // namespace
