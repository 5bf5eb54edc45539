#include "indexer/row_sorter.hpp"

#include <gtest/gtest.h>
#include <random>

#include "tests/support/support.hpp"

namespace {

TEST(RowSorter, SortsAsOctetsWhateverFitsIntoMemory) {
  const support::TemporaryFolder folder;
  std::mt19937 random(3);
  for (const std::size_t memory : {100U, 5'000U, 10'000'000U}) {
    indexer::RowSorter sorter(folder.path(), memory);
    std::vector<std::string> rows;
    for (int i = 0; i < 3'000; ++i) {
      std::string row(random() % 20, '\0');
      for (char& c : row) c = static_cast<char>(random() % 3 == 0 ? 255 : random() % 3);
      sorter.add(row);
      rows.push_back(row);
    }
    std::sort(rows.begin(), rows.end());
    std::vector<std::string> read;
    sorter.read([&](std::string_view row) { read.emplace_back(row); });
    EXPECT_EQ(read, rows) << memory;
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "its file has no name";
}

TEST(RowSorter, OfNothingReadsNothing) {
  const support::TemporaryFolder folder;
  indexer::RowSorter sorter(folder.path(), 100);
  sorter.read([](std::string_view) { FAIL(); });
}

}  // namespace
