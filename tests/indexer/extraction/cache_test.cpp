#include "indexer/extraction/cache.hpp"

#include <fstream>
#include <gtest/gtest.h>

#include "replica/blobs.hpp"
#include "tests/support/support.hpp"

namespace indexer {
namespace {

using replica::sqlite::Access;

class ExtractCacheTest : public testing::Test {
 protected:
  support::TemporaryFolder folder_;
  const std::filesystem::path file_ = folder_ / "extracts.db";
  const std::string digest_ = replica::blob_digest("bytes");
};

TEST_F(ExtractCacheTest, KeepsTextsAndFailures) {
  ExtractCache cache(file_, Access::kReadWrite);
  EXPECT_FALSE(cache.find(digest_, FileType::kPdf));
  EXPECT_FALSE(std::filesystem::exists(file_));
  const std::string text(100'000, 'w');
  cache.put(digest_, FileType::kPdf, {text, true, {}, true});
  cache.put(digest_, FileType::kText, Extract::failed("no text"));
  const ExtractCache reader(file_, Access::kReadOnly);
  const auto found = reader.find(digest_, FileType::kPdf);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->text, text);
  EXPECT_TRUE(found->truncated);
  EXPECT_EQ(found->failure, "");
  EXPECT_EQ(reader.find(digest_, FileType::kText)->failure, "no text");
  EXPECT_FALSE(reader.find(digest_, FileType::kHtml));
  EXPECT_FALSE(reader.find("no digest", FileType::kPdf));
}

TEST_F(ExtractCacheTest, KnowsTheDigestsOfParts) {
  ExtractCache cache(file_, Access::kReadWrite);
  const auto message = replica::blob_digest("message");
  EXPECT_FALSE(cache.part_digest(message, "2"));
  cache.put_part(message, "2", digest_);
  EXPECT_EQ(cache.part_digest(message, "2"), digest_);
  EXPECT_FALSE(cache.part_digest(message, "3"));
}

TEST_F(ExtractCacheTest, WhoReadsWritesNothing) {
  ExtractCache cache(file_, Access::kReadOnly);
  cache.put(digest_, FileType::kPdf, {"text", false, {}, true});
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(ExtractCacheTest, ADamagedFileIsMadeAnew) {
  std::ofstream(file_) << std::string(10'000, 'x');
  EXPECT_FALSE(ExtractCache(file_, Access::kReadOnly).find(digest_, FileType::kPdf));
  ExtractCache cache(file_, Access::kReadWrite);
  cache.put(digest_, FileType::kPdf, {"text", false, {}, true});
  EXPECT_EQ(cache.find(digest_, FileType::kPdf)->text, "text");
}

}  // namespace
}  // namespace indexer
