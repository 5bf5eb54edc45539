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

TEST_F(ExtractCacheTest, FailuresAreCountedByReason) {
  ExtractCache cache(file_, Access::kReadWrite);
  EXPECT_EQ(cache.failures().files, 0);
  for (int i = 0; i < 30; ++i) {
    const auto reason = i < 5 ? std::string("is encrypted") : "damaged at " + std::to_string(i);
    cache.put(replica::blob_digest(std::to_string(i)), FileType::kPdf, Extract::failed(reason));
  }
  cache.put(digest_, FileType::kPdf, {"text", false, {}, true});
  const auto failures = ExtractCache(file_, Access::kReadOnly).failures();
  EXPECT_EQ(failures.files, 30);
  ASSERT_EQ(failures.reasons.size(), 10U);
  EXPECT_EQ(failures.reasons.front(), std::pair(std::string("is encrypted"), std::int64_t{5}));
}

TEST_F(ExtractCacheTest, ADamagedRowIsNoRow) {
  {
    ExtractCache cache(file_, Access::kReadWrite);
    cache.put(digest_, FileType::kPdf, {"fluxbox", false, {}, true});
    cache.put(digest_, FileType::kText, Extract::failed("no text"));
  }
  replica::sqlite::Connection damaged(file_, Access::kReadWrite,
                                      replica::sqlite::Durability::kNormal);
  damaged.execute(
      "UPDATE extracts SET data=CAST('fzuxbox' AS BLOB) WHERE failure IS NULL; "
      "UPDATE extracts SET failure='no taxt' WHERE failure IS NOT NULL");
  ExtractCache cache(file_, Access::kReadWrite);
  EXPECT_FALSE(cache.find(digest_, FileType::kPdf));
  EXPECT_FALSE(cache.find(digest_, FileType::kText));
  cache.put(digest_, FileType::kPdf, {"fluxbox", false, {}, true});
  EXPECT_EQ(cache.find(digest_, FileType::kPdf)->text, "fluxbox");
}

TEST_F(ExtractCacheTest, AFileOfTheFormatBeforeIsKept) {
  {
    ExtractCache cache(file_, Access::kReadWrite);
    cache.put(digest_, FileType::kPdf, Extract::failed("no text"));
    cache.put(digest_, FileType::kText, {"text", false, {}, true});
  }
  {
    replica::sqlite::Connection before(file_, Access::kReadWrite,
                                       replica::sqlite::Durability::kNormal);
    before.execute("ALTER TABLE extracts DROP COLUMN sum; PRAGMA user_version=2");
  }
  EXPECT_EQ(ExtractCache(file_, Access::kReadOnly).failures().files, 1);
  EXPECT_EQ(ExtractCache(file_, Access::kReadOnly).find(digest_, FileType::kText)->text, "text");
  ExtractCache cache(file_, Access::kReadWrite);
  const auto copy = file_.parent_path() / "copy.db";
  cache.copy_to(copy);
  EXPECT_EQ(ExtractCache(copy, Access::kReadOnly).failures().files, 1);
  cache.put(replica::blob_digest("more"), FileType::kPdf, Extract::failed("no text"));
  EXPECT_EQ(cache.failures().files, 2);
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
