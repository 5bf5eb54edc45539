// What survives a power cut is what was synced, and only that is promised.
#include "tests/support/power_cut.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <random>
#include <thread>
#include <unistd.h>

#include "replica/files.hpp"
#include "replica/sqlite.hpp"
#include "tests/support/program.hpp"
#include "tests/support/support.hpp"

namespace {

namespace fs = std::filesystem;
using support::PowerCut;
using support::read_file;
using support::write_file;

class PowerCutTest : public testing::Test {
 protected:
  PowerCutTest() { power_cut.begin(); }

  void sync(const fs::path& file) const {
    const int descriptor = ::open(file.c_str(), O_RDONLY);
    ASSERT_GE(descriptor, 0);
    power_cut.sync(descriptor);
    ::close(descriptor);
  }

  support::TemporaryFolder temporary;
  fs::path folder = temporary / "data";
  PowerCut power_cut{folder, temporary / "shadow"};
};

TEST_F(PowerCutTest, BytesAreThoseOfTheLastSync) {
  write_file(folder / "a", "first");
  sync(folder / "a");
  write_file(folder / "a", "second, longer");
  power_cut.strike();
  EXPECT_EQ(read_file(folder / "a"), "first");
  write_file(folder / "a", "third");
  power_cut.strike();
  EXPECT_EQ(read_file(folder / "a"), "first") << "the second cut forgets as well as the first";
}

TEST_F(PowerCutTest, WhatWasThereAtTheBeginningStays) {
  write_file(folder / "below" / "a", "old");
  power_cut.begin();
  fs::remove_all(folder / "below");
  power_cut.strike();
  EXPECT_EQ(read_file(folder / "below" / "a"), "old");
}

TEST_F(PowerCutTest, ANewFileThatWasNeverSyncedIsGone) {
  write_file(folder / "a", "first");
  power_cut.strike();
  EXPECT_FALSE(fs::exists(folder / "a"));
}

TEST_F(PowerCutTest, AFileWhoseNameAloneWasSyncedIsEmpty) {
  write_file(folder / "a", "first");
  sync(folder);
  power_cut.strike();
  EXPECT_EQ(read_file(folder / "a"), "");
}

TEST_F(PowerCutTest, ARenamingIsDurableWithItsFolder) {
  write_file(folder / "a", "old");
  sync(folder / "a");
  write_file(folder / "a.new", "new");
  sync(folder / "a.new");
  fs::rename(folder / "a.new", folder / "a");
  power_cut.strike();
  EXPECT_EQ(read_file(folder / "a"), "old");
  fs::rename(folder / "a.new", folder / "a");
  sync(folder);
  power_cut.strike();
  EXPECT_EQ(read_file(folder / "a"), "new");
  EXPECT_FALSE(fs::exists(folder / "a.new"));
}

TEST_F(PowerCutTest, ARemovalIsDurableWithItsFolder) {
  write_file(folder / "a", "old");
  sync(folder / "a");
  fs::remove(folder / "a");
  power_cut.strike();
  EXPECT_EQ(read_file(folder / "a"), "old");
  fs::remove(folder / "a");
  sync(folder);
  power_cut.strike();
  EXPECT_FALSE(fs::exists(folder / "a"));
}

TEST_F(PowerCutTest, AFileThatTakesAnothersPlaceIsNotItsContinuation) {
  write_file(folder / "a", "old");
  sync(folder / "a");
  fs::remove(folder / "a");
  write_file(folder / "a", "new");
  sync(folder / "a");
  power_cut.strike();
  EXPECT_EQ(read_file(folder / "a"), "new") << "its own sync made its name durable";
}

TEST_F(PowerCutTest, PagesThatWereNotSyncedMayBeThere) {
  constexpr std::size_t kPage = 4096;
  std::mt19937_64 random(1);
  bool was_torn = false;
  for (int i = 0; i < 50; ++i) {
    write_file(folder / "a", std::string(8 * kPage, 'o'));
    sync(folder / "a");
    write_file(folder / "a", std::string(8 * kPage, 'n'));
    power_cut.strike(random);
    const std::string left = read_file(folder / "a");
    ASSERT_EQ(left.size(), 8 * kPage);
    for (std::size_t page = 0; page < 8; ++page) {
      const std::string_view bytes = std::string_view(left).substr(page * kPage, kPage);
      EXPECT_EQ(bytes, std::string(kPage, bytes.front()));
      was_torn = was_torn || bytes.front() != left.front();
    }
  }
  EXPECT_TRUE(was_torn);
}

std::int64_t rows_in(const fs::path& file) {
  replica::sqlite::Connection connection(file, replica::sqlite::Access::kReadWrite,
                                         replica::sqlite::Durability::kFull);
  auto check = connection.prepare("PRAGMA integrity_check");
  EXPECT_TRUE(check.step());
  EXPECT_EQ(check.text(0), "ok");
  auto count = connection.prepare("SELECT count(*) FROM rows");
  EXPECT_TRUE(count.step());
  return count.integer(0);
}

// Rows that the writer said were committed before it was killed.
std::int64_t write_until_killed(const PowerCut& power_cut, const fs::path& file,
                                const char* synchronous, int milliseconds) {
  support::Program writer(power_cut.preloaded({POWER_CUT_WRITER, file.string(), synchronous}));
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  writer.signal(SIGKILL);
  const std::string out = writer.wait().out;
  const auto end = out.rfind('\n');
  if (end == std::string::npos || end == 0) return 0;
  const auto begin = out.rfind('\n', end - 1);
  return std::atoll(out.substr(begin == std::string::npos ? 0 : begin + 1).c_str());
}

TEST_F(PowerCutTest, SqliteLosesNoCommittedTransactionThatItSynced) {
  std::mt19937_64 random(2);
  std::int64_t committed = 0;
  for (int cut = 0; cut < 12; ++cut) {
    const int milliseconds = 50 + static_cast<int>(random() % 100);
    committed = std::max(committed,
                         write_until_killed(power_cut, folder / "rows.db", "full", milliseconds));
    power_cut.strike(random);
    if (committed == 0) continue;  // killed before it had begun
    const std::int64_t left = rows_in(folder / "rows.db");
    EXPECT_GE(left, committed);
    committed = left;
    power_cut.begin();
  }
  EXPECT_GT(committed, 100);
}

TEST_F(PowerCutTest, SqliteLosesWhatItDidNotSync) {
  std::int64_t committed = 0;
  while (committed == 0) committed = write_until_killed(power_cut, folder / "rows.db", "off", 100);
  power_cut.strike();
  if (!fs::exists(folder / "rows.db")) return;
  replica::sqlite::Connection connection(folder / "rows.db", replica::sqlite::Access::kReadWrite,
                                         replica::sqlite::Durability::kFull);
  auto tables = connection.prepare("SELECT count(*) FROM sqlite_master");
  EXPECT_TRUE(tables.step());
  EXPECT_EQ(tables.integer(0), 0) << committed << " rows were committed";
}

}  // namespace
