#include "api/accounts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  std::filesystem::create_directories(folder_ / "accounts/alice");
  std::filesystem::create_directories(folder_ / "accounts/.hidden");
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

TEST_F(AccountsTest, OnlyOneWrites) {
  api::Accounts first(config_, Access::kReadWrite);
  const auto account = first.create("alice");
  api::Accounts second(config_, Access::kReadWrite);
  EXPECT_THROW((void)second.find("alice"), indexer::AccountBusy);
}

}  // namespace
