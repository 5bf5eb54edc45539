#include "api/disk_space.hpp"

#include <cerrno>
#include <gtest/gtest.h>

#include "replica/sqlite.hpp"
#include "tests/support/support.hpp"

namespace {

constexpr int kSqliteFull = 13, kSqliteBusy = 5;

TEST(DiskSpace, OnlyWhatSaysSoIsWantOfRoom) {
  const support::TemporaryFolder folder;
  const std::error_code full(ENOSPC, std::generic_category());
  const std::error_code quota(EDQUOT, std::generic_category());
  const std::error_code denied(EACCES, std::generic_category());
  struct Row {
    std::function<bool(api::DiskSpace&)> note;
    bool is_full;
  };
  const std::vector<Row> rows = {
      {[](auto& disk) { return disk.note(replica::sqlite::Error(kSqliteFull, "x")); }, true},
      {[](auto& disk) { return disk.note(replica::sqlite::Error(kSqliteBusy, "x")); }, false},
      {[&](auto& disk) { return disk.note(std::filesystem::filesystem_error("x", full)); }, true},
      {[&](auto& disk) { return disk.note(std::system_error(quota)); }, true},
      {[&](auto& disk) { return disk.note(std::system_error(denied)); }, false},
      {[](auto& disk) {
         return disk.note(std::runtime_error("Xapian: write: No space left on device"));
       },
       true},
      {[](auto& disk) { return disk.note(std::runtime_error("odd")); }, false},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    api::DiskSpace disk(folder.path());
    EXPECT_FALSE(disk.is_paused());
    EXPECT_EQ(rows[i].note(disk), rows[i].is_full) << "row " << i;
    EXPECT_EQ(disk.is_paused(), rows[i].is_full) << "row " << i;
    EXPECT_EQ(disk.report().is_full, rows[i].is_full) << "row " << i;
  }
}

TEST(DiskSpace, TheReserveIsGivenUpAndThatIsNoRoomToGoOn) {
  const support::TemporaryFolder folder;
  api::DiskSpace disk(folder.path());
  disk.keep_reserve();
  EXPECT_GE(std::filesystem::file_size(folder / "reserve"), 256U << 10U);
  EXPECT_TRUE(disk.note(replica::sqlite::Error(kSqliteFull, "x")));
  EXPECT_FALSE(std::filesystem::exists(folder / "reserve"));
}

}  // namespace
