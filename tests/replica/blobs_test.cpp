#include "replica/blobs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdexcept>

#include "tests/support/bytes.hpp"
#include "tests/support/support.hpp"

namespace replica {
namespace {

using sqlite::Access;

Blobs::Blob blob(std::string_view bytes) { return {blob_digest(bytes), bytes}; }

std::size_t files_under(const std::filesystem::path& folder) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    count += entry.is_regular_file();
  return count;
}

class BlobsTest : public testing::Test {
 protected:
  support::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "account/blobs";
};

TEST_F(BlobsTest, DigestIsCouchDBs) {
  EXPECT_EQ(blob_digest(""), "md5-1B2M2Y8AsgTpgAmY7PhCfg==");
  EXPECT_EQ(blob_digest("hello"), "md5-XUFAKrxLKna5cZ2REBfFkg==");
}

TEST_F(BlobsTest, BytesOfEverySizeComeBack) {
  const std::string texts[] = {"",
                               "small",
                               support::noise(5'000, 1),
                               std::string(200'000, 'a'),
                               support::noise(262'143, 2),
                               support::noise(262'144, 3),
                               support::noise(2'000'000, 4),
                               std::string(3'000'000, 'b')};
  {
    Blobs blobs(path_, Access::kReadWrite);
    std::vector<Blobs::Blob> all;
    for (const auto& text : texts) all.push_back(blob(text));
    blobs.put(all);
    blobs.put(all);
    for (const auto& text : texts) EXPECT_EQ(blobs.get(blob_digest(text)), text) << text.size();
  }
  EXPECT_EQ(files_under(path_), 4);
  EXPECT_TRUE(std::filesystem::exists(path_ / "packed.db"));
  EXPECT_LT(std::filesystem::file_size(path_ / "packed.db"), 400'000);
  const Blobs blobs(path_, Access::kReadOnly);
  for (const auto& text : texts) EXPECT_EQ(blobs.get(blob_digest(text)), text) << text.size();
}

TEST_F(BlobsTest, NothingIsCreatedBeforeTheFirstBlob) {
  Blobs writer(path_, Access::kReadWrite);
  const Blobs reader(path_, Access::kReadOnly);
  EXPECT_FALSE(writer.get(blob_digest("x")));
  EXPECT_FALSE(reader.get(blob_digest("x")));
  writer.put({});
  EXPECT_FALSE(std::filesystem::exists(path_));
  const Blobs::Blob one = blob("x");
  writer.put({&one, 1});
  EXPECT_EQ(reader.get(blob_digest("x")), "x");
  EXPECT_FALSE(reader.get(blob_digest("y")));
}

TEST_F(BlobsTest, WhatIsNoDigestNamesNothing) {
  Blobs blobs(path_, Access::kReadWrite);
  for (const char* digest :
       {"", "md5-", "sha256-XUFAKrxLKna5cZ2REBfFkg==", "md5-../../../../etc/passwd==",
        "md5-XUFAKrxLKna5cZ2REBfFkg=", "md5-XUFAKrxLKna5cZ2REBfFkh==",
        "md5-                        ", "md5-XUFAKrxLKna5cZ2REBfFkgAA"}) {
    EXPECT_FALSE(blobs.get(digest)) << digest;
    const Blobs::Blob bad{digest, "x"};
    EXPECT_THROW(blobs.put({&bad, 1}), std::invalid_argument) << digest;
  }
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(BlobsTest, ReaderDoesNotWrite) {
  Blobs blobs(path_, Access::kReadOnly);
  const Blobs::Blob one = blob("x");
  EXPECT_THROW(blobs.put({&one, 1}), sqlite::Error);
}

TEST_F(BlobsTest, OtherBytesThanTheDigestNamesAreNotGiven) {
  const auto large = support::noise(300'000, 5);
  Blobs blobs(path_, Access::kReadWrite);
  const Blobs::Blob both[] = {{blob_digest("good"), "evil"}, blob(large)};
  blobs.put(both);
  EXPECT_THROW(static_cast<void>(blobs.get(blob_digest("good"))), std::runtime_error);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path_)) {
    if (entry.path().filename().string().size() == 32)
      support::write_file(entry.path(), support::noise(300'000, 6));
  }
  EXPECT_THROW(static_cast<void>(blobs.get(blob_digest(large))), std::runtime_error);
}

// A crash before the rename leaves a part under another name.
TEST_F(BlobsTest, UnfinishedFileIsNotFoundAndIsReplaced) {
  const auto large = support::noise(300'000, 7);
  Blobs blobs(path_, Access::kReadWrite);
  const Blobs::Blob one = blob(large);
  blobs.put({&one, 1});
  std::filesystem::path file;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path_)) {
    if (entry.is_regular_file()) file = entry.path();
  }
  std::filesystem::remove(file);
  support::write_file(file.string() + ".new", "torn");
  EXPECT_FALSE(blobs.get(one.digest));
  blobs.put({&one, 1});
  EXPECT_EQ(blobs.get(one.digest), large);
  EXPECT_EQ(files_under(path_), 1);
}

}  // namespace
}  // namespace replica
