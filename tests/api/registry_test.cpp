#include "api/registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/davenport_db.hpp"
#include "tests/support/support.hpp"

namespace {

using api::KnownDatabase;
using api::Registry;
using replica::sqlite::Access;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

KnownDatabase database(const std::string& source, const std::string& account,
                       mail::Doctype doctype = mail::Doctype::kEmails) {
  KnownDatabase known;
  known.source = source;
  known.name = account + "/" + std::string(mail::doctype_name(doctype));
  known.account = account;
  known.doctype = doctype;
  known.seen = R"("7-g1AAAA")";
  known.incarnation = "1700000000";
  return known;
}

class RegistryTest : public testing::Test {
 protected:
  void record(std::vector<KnownDatabase> databases) { registry_.record(databases); }
  support::TemporaryFolder folder_;
  Registry registry_{folder_ / "davenport.db", Access::kReadWrite};
};

TEST_F(RegistryTest, KeepsWhatItIsToldByNameOfTheSource) {
  auto row = database("office", "alice");
  row.quarantined = 2;
  row.next_attempt = std::chrono::sys_seconds(std::chrono::seconds(1'800'000'000));
  auto whole = database("home", "bob");
  whole.name = "bob";
  whole.doctype.reset();
  record({row, whole});
  const Registry reopened(folder_ / "davenport.db", Access::kReadOnly);
  std::vector<KnownDatabase> found;
  reopened.each_database("office", [&](const KnownDatabase& each) { found.push_back(each); });
  EXPECT_THAT(found, ElementsAre(row));
  EXPECT_THAT(reopened.databases_of("bob"), ElementsAre(whole));
  EXPECT_THAT(reopened.accounts(), ElementsAre("alice", "bob"));
  EXPECT_THAT(reopened.source_of("alice"), Optional(std::string("office")));
  EXPECT_EQ(reopened.source_of("carol"), std::nullopt);
}

TEST_F(RegistryTest, AnAccountIsGoneWhenAllOfItsDatabasesAre) {
  auto emails = database("office", "alice");
  auto files = database("office", "alice", mail::Doctype::kFiles);
  emails.is_gone = true;
  record({emails, files});
  EXPECT_FALSE(registry_.is_gone("alice"));
  files.is_gone = true;
  record({files});
  EXPECT_TRUE(registry_.is_gone("alice"));
  EXPECT_FALSE(registry_.is_gone("nobody"));
  EXPECT_THAT(registry_.accounts(), ElementsAre("alice"));
}

TEST_F(RegistryTest, AnAccountThatMovedBelongsToWhereItIs) {
  auto before = database("a", "alice");
  before.is_gone = true;
  record({before, database("b", "alice")});
  EXPECT_THAT(registry_.source_of("alice"), Optional(std::string("b")));
}

TEST_F(RegistryTest, RemembersWhoseListsAreBehind) {
  registry_.mark_behind("alice");
  registry_.mark_behind("bob");
  registry_.mark_behind("alice");
  registry_.clear_behind("bob");
  registry_.clear_behind("carol");
  Registry reopened(folder_ / "davenport.db", Access::kReadWrite);
  EXPECT_THAT(reopened.behind(), ElementsAre("alice"));
  reopened.clear_behind("alice");
  EXPECT_THAT(reopened.behind(), IsEmpty());
}

TEST_F(RegistryTest, ReadingCreatesNothing) {
  const Registry reading(folder_ / "absent/davenport.db", Access::kReadOnly);
  EXPECT_THAT(reading.accounts(), IsEmpty());
  EXPECT_THAT(reading.behind(), IsEmpty());
  EXPECT_EQ(reading.source_of("alice"), std::nullopt);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "absent"));
}

TEST_F(RegistryTest, WhatIsInQuarantineIsDueWhenItIsToBeTriedAgain) {
  auto waiting = database("office", "alice"), sound = database("office", "alice");
  waiting.quarantined = 2;
  waiting.next_attempt = std::chrono::sys_seconds(std::chrono::hours(1'000'000));
  sound.name += "-2";
  sound.next_attempt.reset();
  sound.quarantined = 0;
  auto others = waiting;
  others.name += "-3";
  others.account = "bob";
  record({waiting, sound, others});
  registry_.retry_quarantined("alice");
  std::map<std::string, std::optional<std::chrono::sys_seconds>> next;
  registry_.each_database("office", [&](const auto& each) { next[each.name] = each.next_attempt; });
  EXPECT_EQ(next[waiting.name], std::chrono::sys_seconds{});
  EXPECT_EQ(next[sound.name], std::nullopt);
  EXPECT_EQ(next[others.name], others.next_attempt);
}

TEST_F(RegistryTest, HoldsManyRows) {
  std::vector<KnownDatabase> rows;
  for (int i = 0; i < 2'000; ++i) rows.push_back(database("office", "a" + std::to_string(i)));
  record(rows);
  std::size_t count = 0;
  registry_.each_database("office", [&](const KnownDatabase&) { ++count; });
  EXPECT_EQ(count, rows.size());
}

TEST_F(RegistryTest, AccountStatesAreKept) {
  record({database("office", "alice"), database("office", "bob")});
  registry_.mark_behind("alice");
  registry_.set_account_state("bob", api::AccountState::kPaused);
  registry_.forget("alice", api::AccountState::kRemoved);
  const Registry reopened(folder_ / "davenport.db", Access::kReadOnly);
  EXPECT_EQ(reopened.account_state("alice"), api::AccountState::kRemoved);
  EXPECT_EQ(reopened.account_state("bob"), api::AccountState::kPaused);
  EXPECT_EQ(reopened.account_state("carol"), api::AccountState::kFollowed);
  EXPECT_THAT(reopened.accounts(), ElementsAre("bob"));
  EXPECT_THAT(reopened.behind(), IsEmpty());
  registry_.set_account_state("alice", api::AccountState::kFollowed);
  EXPECT_EQ(registry_.account_states().size(), 1U);
}

// As the program before wrote it.
constexpr std::string_view kFormat1 = R"(
  CREATE TABLE database (source TEXT NOT NULL, name TEXT NOT NULL, account TEXT NOT NULL, doctype TEXT NOT NULL,
    gone INTEGER NOT NULL, seen TEXT NOT NULL, incarnation TEXT NOT NULL, quarantined INTEGER NOT NULL,
    next_attempt INTEGER, PRIMARY KEY (source, name)) WITHOUT ROWID;
  CREATE INDEX database_account ON database (account);
  CREATE TABLE behind (account TEXT PRIMARY KEY) WITHOUT ROWID;
  INSERT INTO database VALUES ('office', 'alice/io-cozy-emails', 'alice', 'io.cozy.emails', 0, '"7"', '1700', 0, NULL);
  INSERT INTO behind VALUES ('alice');
  PRAGMA user_version=1;
)";

TEST_F(RegistryTest, AFileOfFormat1IsReadAndUpgradedByWhoWrites) {
  const auto file = folder_ / "old.db";
  replica::sqlite::Connection(file, Access::kReadWrite, replica::sqlite::Durability::kFull)
      .execute(kFormat1);
  const auto expect_all_there = [](const Registry& registry) {
    EXPECT_THAT(registry.accounts(), ElementsAre("alice"));
    EXPECT_THAT(registry.behind(), ElementsAre("alice"));
    EXPECT_THAT(registry.account_states(), IsEmpty());
  };
  expect_all_there(Registry(file, Access::kReadOnly));
  Registry registry(file, Access::kReadWrite);
  expect_all_there(registry);
  registry.set_account_state("alice", api::AccountState::kPaused);
  EXPECT_EQ(Registry(file, Access::kReadOnly).account_state("alice"), api::AccountState::kPaused);
}

TEST(DavenportDb, SaysWhatToDoWhenItIsDamaged) {
  const support::TemporaryFolder folder;
  for (const char* name : {"davenport.db", "other.db"}) {
    support::write_file(folder / name, std::string(10'000, 'x'));
    try {
      (void)Registry(folder / name, Access::kReadOnly).accounts();
      ADD_FAILURE() << name;
    } catch (const std::exception& error) {
      EXPECT_EQ(api::advice_on_damage(error).find("move it aside") != std::string::npos,
                std::string(name) == "davenport.db");
    }
  }
}

}  // namespace
