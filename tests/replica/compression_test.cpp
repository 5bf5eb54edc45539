#include "replica/compression.hpp"

#include <gtest/gtest.h>

#include "tests/support/bytes.hpp"

namespace replica {
namespace {

TEST(Compression, BytesComeBack) {
  Compressor compressor;
  Decompressor decompressor;
  for (const auto& bytes :
       {std::string(), std::string("x"), std::string(4'095, 'a'), std::string(4'096, 'a'),
        support::noise(4'096, 1), support::noise(100'000, 2), std::string(5'000'000, 'b'),
        std::string(10'000, 'c')}) {
    const std::string packed(compressor.pack(bytes));
    EXPECT_LE(packed.size(), bytes.size());
    std::string out = "before";
    EXPECT_TRUE(decompressor.unpack(packed, static_cast<std::int64_t>(bytes.size()), out))
        << bytes.size();
    EXPECT_TRUE(out == "before" + bytes) << bytes.size();
  }
}

TEST(Compression, SmallOrRandomBytesStayAsTheyAre) {
  Compressor compressor;
  EXPECT_EQ(compressor.pack(std::string(4'095, 'a')).size(), 4'095);
  EXPECT_EQ(compressor.pack(support::noise(50'000, 3)).size(), 50'000);
  EXPECT_LT(compressor.pack(std::string(4'096, 'a')).size(), 100);
}

TEST(Compression, WhatWasNotPackedIsRefused) {
  Compressor compressor;
  Decompressor decompressor;
  const std::string packed(compressor.pack(std::string(10'000, 'a')));
  std::string cut = packed;
  cut.pop_back();
  const struct {
    const char* what;
    std::string data;
    std::int64_t size;
  } cases[] = {
      {"another size", packed, 9'999}, {"a huge size", packed, std::int64_t{1} << 62},
      {"a negative size", packed, -1}, {"no frame", "xxxxxxxxxxxx", 10'000},
      {"nothing", "", 10'000},         {"cut", cut, 10'000},
  };
  for (const auto& row : cases) {
    std::string out = "before";
    EXPECT_FALSE(decompressor.unpack(row.data, row.size, out)) << row.what;
    EXPECT_EQ(out, "before") << row.what;
  }
  std::string out;
  EXPECT_TRUE(decompressor.unpack(packed, 10'000, out)) << "after errors";
}

}  // namespace
}  // namespace replica
