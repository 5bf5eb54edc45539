#include "api/accounts.hpp"

#include <atomic>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <span>
#include <thread>

#include "tests/support/resource_limit.hpp"
#include "tests/support/support.hpp"

namespace {

using replica::sqlite::Access;
using testing::ElementsAre;
using testing::IsEmpty;

class AccountsTest : public testing::Test {
 protected:
  AccountsTest() {
    config_.data_dir = folder_.path();
    config_.sources.emplace_back().accounts = {"bob"};
  }
  support::TemporaryFolder folder_;
  api::Config config_;
};

TEST_F(AccountsTest, NamesThoseWithAFolderAndThoseOfTheConfiguration) {
  std::filesystem::create_directories(folder_ / "accounts/alice/store");
  std::filesystem::create_directories(folder_ / "accounts/.hidden/store");
  std::filesystem::create_directories(folder_ / "accounts/lost+found");
  support::write_file(folder_ / "accounts/file", "");
  EXPECT_THAT(api::Accounts(config_, Access::kReadOnly).names(), ElementsAre("alice", "bob"));
  api::Config elsewhere;
  elsewhere.data_dir = folder_ / "absent";
  EXPECT_THAT(api::Accounts(elsewhere, Access::kReadOnly).names(), IsEmpty());
}

TEST_F(AccountsTest, FindsOnlyWhatIsThere) {
  api::Accounts reading(config_, Access::kReadOnly);
  EXPECT_EQ(reading.find("alice"), nullptr);
  EXPECT_EQ(reading.find("bob"), nullptr);
  EXPECT_EQ(reading.find("../bob"), nullptr);
  api::Accounts writing(config_, Access::kReadWrite);
  EXPECT_EQ(writing.find("alice"), nullptr);
  const auto bob = writing.find("bob");
  ASSERT_NE(bob, nullptr);
  EXPECT_EQ(bob, writing.find("bob"));
}

TEST_F(AccountsTest, CreatesALocalAccount) {
  api::Accounts accounts(config_, Access::kReadWrite);
  ASSERT_NE(accounts.create("alice"), nullptr);
  EXPECT_EQ(accounts.create("alice"), accounts.find("alice"));
  EXPECT_THROW((void)accounts.create("../alice"), api::ConfigError);
}

TEST_F(AccountsTest, DescribesAClosedAccountWithoutOpeningItAgain) {
  api::Accounts accounts(config_, Access::kReadWrite);
  (void)accounts.create("alice");
  config_.replication.account_idle = std::chrono::milliseconds(0);
  accounts.close_idle();
  int reads = 0;
  const auto describe = [&](const std::string& name) {
    return accounts.describe(
        name, [&](indexer::Account& account) { return account.name() + std::to_string(++reads); });
  };
  EXPECT_EQ(describe("alice"), "alice1");
  EXPECT_EQ(accounts.open_count(), 0U);
  EXPECT_EQ(describe("alice"), "alice1");
  auto held = accounts.find("alice");
  EXPECT_EQ(describe("alice"), "alice2") << "whoever has it open may have changed it";
  held.reset();
  accounts.close_idle();
  EXPECT_EQ(describe("alice"), "alice3");
  EXPECT_EQ(describe("alice"), "alice3");
  EXPECT_EQ(describe("nobody"), std::nullopt);
}

TEST_F(AccountsTest, HasNoMoreOpenThanThereAreFileHandles) {
  const support::ResourceLimit limit(RLIMIT_NOFILE);
  limit.set(400);
  EXPECT_EQ(api::Accounts::most_open(config_), 6U);
  config_.replication.max_open_accounts = 3;
  EXPECT_EQ(api::Accounts::most_open(config_), 3U);
}

TEST_F(AccountsTest, ClosesWhatNobodyUsesForAWhile) {
  config_.replication.account_idle = std::chrono::milliseconds(0);
  api::Accounts accounts(config_, Access::kReadWrite);
  auto held = accounts.create("alice");
  (void)accounts.create("carol");
  EXPECT_EQ(accounts.open_count(), 2U);
  accounts.close_idle();
  EXPECT_EQ(accounts.open_count(), 1U);
  EXPECT_EQ(accounts.find("alice"), held);
  // Closed means that another may write.
  api::Accounts others(config_, Access::kReadWrite);
  EXPECT_NE(others.find("carol"), nullptr);
  EXPECT_THROW((void)others.find("alice"), indexer::AccountBusy);
  held.reset();
  accounts.close_idle();
  EXPECT_EQ(accounts.open_count(), 0U);
  EXPECT_NE(accounts.find("alice"), nullptr);
}

TEST_F(AccountsTest, ClosesTheLeastUsedWhenThereAreTooMany) {
  config_.replication.max_open_accounts = 2;
  api::Accounts accounts(config_, Access::kReadWrite);
  for (const char* name : {"a", "b", "c"}) {
    (void)accounts.create(name);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  EXPECT_EQ(accounts.open_count(), 2U);
  api::Accounts others(config_, Access::kReadWrite);
  EXPECT_NE(others.find("a"), nullptr);
  EXPECT_THROW((void)others.find("c"), indexer::AccountBusy);
}

TEST_F(AccountsTest, WhatIsHeldIsNotClosedHoweverMany) {
  config_.replication.max_open_accounts = 1;
  api::Accounts accounts(config_, Access::kReadWrite);
  const auto a = accounts.create("a");
  const auto b = accounts.create("b");
  EXPECT_EQ(accounts.find("a"), a);
  EXPECT_EQ(accounts.find("b"), b);
}

TEST_F(AccountsTest, ManyThreadsOpenAndCloseTheSameAccounts) {
  config_.replication.account_idle = std::chrono::milliseconds(0);
  config_.replication.max_open_accounts = 2;
  api::Accounts accounts(config_, Access::kReadWrite);
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&, thread] {
      for (int turn = 0; turn < 40; ++turn) {
        try {
          const auto account = accounts.create(std::string(1, "abcd"[(turn + thread) % 4]));
          if (account == nullptr || account->message_count() != 0) ++failures;
          if (turn % 5 == 0) accounts.close_idle();
        } catch (const std::exception&) {
          ++failures;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
}

TEST_F(AccountsTest, KnowsThoseThatWereFoundAtASource) {
  config_.sources.emplace_back().has_all_accounts = true;
  config_.sources.back().name = "office";
  api::Accounts accounts(config_, Access::kReadWrite);
  EXPECT_EQ(accounts.source_of("dora"), nullptr);
  api::KnownDatabase database;
  database.source = "office";
  database.name = "dora/io-cozy-emails";
  database.account = "dora";
  accounts.registry().record(std::span(&database, 1));
  EXPECT_EQ(accounts.source_of("dora"), &config_.sources.back());
  EXPECT_THAT(accounts.names(), ElementsAre("bob", "dora"));
  EXPECT_NE(accounts.find("dora"), nullptr);
  EXPECT_EQ(accounts.find("erin"), nullptr);
}

TEST_F(AccountsTest, OnlyOneWrites) {
  api::Accounts first(config_, Access::kReadWrite);
  const auto account = first.create("alice");
  api::Accounts second(config_, Access::kReadWrite);
  EXPECT_THROW((void)second.find("alice"), indexer::AccountBusy);
}

}  // namespace
