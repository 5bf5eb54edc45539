// Blobs that come in pieces, compressed, and in files of the format before.
#include <algorithm>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdexcept>
#include <zlib.h>

#include "replica/blobs.hpp"
#include "replica/tuning.hpp"
#include "tests/replica/child_process.hpp"
#include "tests/support/bytes.hpp"
#include "tests/support/support.hpp"

namespace replica {
namespace {

using sqlite::Access;
using testing::HasSubstr;

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  constexpr int kGzipHeader = 16;
  if (deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + kGzipHeader, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  std::string result(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  deflate(&stream, Z_FINISH);
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

class BlobsIncoming : public testing::Test {
 protected:
  // In pieces; true when they were what the digest names.
  static bool receive(Blobs& blobs, std::string_view bytes, BlobEncoding encoding,
                      std::string_view digest) {
    auto incoming = blobs.receive(digest);
    constexpr std::size_t kPiece = 10'000;
    for (std::size_t at = 0; at < bytes.size(); at += kPiece)
      incoming.append(bytes.substr(at, kPiece));
    return blobs.finish(std::move(incoming), digest, encoding);
  }

  [[nodiscard]] std::size_t unfinished() const {
    if (!std::filesystem::exists(path_ / "incoming")) return 0;
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(path_ / "incoming"),
                      std::filesystem::directory_iterator()));
  }

  support::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "account/blobs";
};

TEST_F(BlobsIncoming, BytesOfEverySizeAndEncodingComeBack) {
  const std::string texts[] = {"",
                               "small",
                               std::string(200'000, 'a'),
                               support::noise(262'143, 2),
                               support::noise(262'144, 3),
                               support::noise(1'000'000, 4)};
  {
    Blobs blobs(path_, Access::kReadWrite);
    for (const auto& text : texts) {
      const auto packed = gzip(text);
      for (int again = 0; again < 2; ++again) {
        EXPECT_TRUE(receive(blobs, text, BlobEncoding::kIdentity, blob_digest(text)));
        EXPECT_TRUE(receive(blobs, packed, BlobEncoding::kGzip, blob_digest(packed)));
      }
      EXPECT_TRUE(blobs.contains(blob_digest(text)));
      EXPECT_TRUE(blobs.contains(blob_digest(packed)));
    }
    EXPECT_EQ(unfinished(), 0);
  }
  const Blobs blobs(path_, Access::kReadOnly);
  for (const auto& text : texts) {
    EXPECT_EQ(blobs.get(blob_digest(text)), text) << text.size();
    EXPECT_EQ(blobs.get(blob_digest(gzip(text))), text) << text.size();
    EXPECT_TRUE(blobs.contains(blob_digest(gzip(text))));
  }
  EXPECT_FALSE(blobs.contains(blob_digest("another")));
  EXPECT_FALSE(blobs.contains("md5-"));
}

TEST_F(BlobsIncoming, WhatCameBeforeIsKeptAcrossAKill) {
  const auto bytes = support::noise(700'000, 5);
  const auto digest = blob_digest(bytes);
  constexpr std::size_t kFirst = 450'000;
  ChildProcess child([&] {
    Blobs blobs(path_, Access::kReadWrite);
    auto incoming = blobs.receive(digest);
    incoming.append(std::string_view(bytes).substr(0, kFirst));
    ::kill(::getpid(), SIGKILL);
    return 0;
  });
  EXPECT_EQ(child.wait(), -SIGKILL);
  Blobs blobs(path_, Access::kReadWrite);
  EXPECT_FALSE(blobs.contains(digest));
  EXPECT_FALSE(blobs.get(digest));
  auto incoming = blobs.receive(digest);
  ASSERT_EQ(incoming.size(), kFirst);
  incoming.append(std::string_view(bytes).substr(kFirst));
  EXPECT_EQ(incoming.size(), bytes.size());
  EXPECT_TRUE(blobs.finish(std::move(incoming), digest, BlobEncoding::kIdentity));
  EXPECT_EQ(blobs.get(digest), bytes);
  EXPECT_EQ(blobs.receive(digest).size(), 0);
}

TEST_F(BlobsIncoming, OtherBytesAreDropped) {
  Blobs blobs(path_, Access::kReadWrite);
  const auto bytes = support::noise(300'000, 6);
  const auto digest = blob_digest(bytes);
  for (const std::size_t size : {std::size_t{0}, bytes.size() - 1}) {
    const auto part = std::string_view(bytes).substr(0, size);
    EXPECT_FALSE(receive(blobs, part, BlobEncoding::kIdentity, digest)) << size;
  }
  EXPECT_FALSE(blobs.contains(digest));
  EXPECT_EQ(unfinished(), 0);
  EXPECT_TRUE(receive(blobs, bytes, BlobEncoding::kIdentity, digest)) << "it begins from nothing";
}

TEST_F(BlobsIncoming, WhatAProxyCompressedIsKeptAsItWas) {
  Blobs blobs(path_, Access::kReadWrite);
  for (const auto& text : {std::string(), std::string(1'000, 'a'), support::noise(300'000, 10)}) {
    const auto digest = blob_digest(text);
    EXPECT_FALSE(receive(blobs, gzip(text), BlobEncoding::kIdentity, digest));
    EXPECT_FALSE(receive(blobs, gzip(text + "x"), BlobEncoding::kGzip, digest));
    EXPECT_FALSE(receive(blobs, "no gzip", BlobEncoding::kGzip, digest));
    EXPECT_TRUE(receive(blobs, gzip(text), BlobEncoding::kGzip, digest));
    EXPECT_EQ(blobs.get(digest), text);
    EXPECT_FALSE(blobs.contains(blob_digest(gzip(text))));
  }
  EXPECT_EQ(unfinished(), 0);
}

TEST_F(BlobsIncoming, TwoOfOneDigestDoNotDisturbEachOther) {
  Blobs blobs(path_, Access::kReadWrite);
  const auto bytes = support::noise(300'000, 9);
  const auto digest = blob_digest(bytes);
  const auto head = std::string_view(bytes).substr(0, 100),
             tail = std::string_view(bytes).substr(100);
  auto first = blobs.receive(digest);
  first.append(head);
  auto second = blobs.receive(digest);
  EXPECT_EQ(second.size(), 0);
  second.append(head);
  first.append(tail);
  EXPECT_TRUE(blobs.finish(std::move(first), digest, BlobEncoding::kIdentity));
  second.append(tail);
  EXPECT_TRUE(blobs.finish(std::move(second), digest, BlobEncoding::kIdentity));
  EXPECT_EQ(blobs.get(digest), bytes);
  EXPECT_EQ(unfinished(), 0);
}

TEST_F(BlobsIncoming, RestartForgetsWhatCame) {
  Blobs blobs(path_, Access::kReadWrite);
  auto incoming = blobs.receive(blob_digest("right"));
  incoming.restart();
  incoming.append("wrong and long");
  incoming.restart();
  EXPECT_EQ(incoming.size(), 0);
  incoming.append("ri");
  incoming.append("ght");
  EXPECT_TRUE(blobs.finish(std::move(incoming), blob_digest("right"), BlobEncoding::kIdentity));
  EXPECT_EQ(blobs.get(blob_digest("right")), "right");
}

TEST_F(BlobsIncoming, NothingIsCreatedBeforeTheFirstByte) {
  Blobs blobs(path_, Access::kReadWrite);
  { const auto incoming = blobs.receive(blob_digest("x")); }
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_THROW(static_cast<void>(blobs.receive("md5-../../../../etc/passwd==")),
               std::invalid_argument);
  Blobs reader(path_, Access::kReadOnly);
  EXPECT_THROW(static_cast<void>(reader.receive(blob_digest("x"))), sqlite::Error);
}

TEST_F(BlobsIncoming, ForgottenPartsAreRemoved) {
  const auto fresh = blob_digest("fresh"), old = blob_digest("old");
  {
    Blobs blobs(path_, Access::kReadWrite);
    blobs.receive(old).append("o");
    for (const auto& entry : std::filesystem::directory_iterator(path_ / "incoming")) {
      std::filesystem::last_write_time(entry.path(), std::filesystem::file_time_type::clock::now() -
                                                         tuning::kKeptUnfinished -
                                                         std::chrono::hours(1));
    }
    blobs.receive(fresh).append("fr");
  }
  Blobs blobs(path_, Access::kReadWrite);
  EXPECT_EQ(blobs.receive(old).size(), 0);
  EXPECT_EQ(blobs.receive(fresh).size(), 2);
}

TEST_F(BlobsIncoming, WhatCannotBeInflatedIsSaid) {
  Blobs blobs(path_, Access::kReadWrite);
  const auto packed = gzip(support::noise(1'000, 7));
  for (const auto& bytes : {std::string("no gzip"), packed.substr(0, packed.size() - 9),
                            packed + "trailing", std::string()}) {
    ASSERT_TRUE(receive(blobs, bytes, BlobEncoding::kGzip, blob_digest(bytes)));
    try {
      static_cast<void>(blobs.get(blob_digest(bytes)));
      FAIL() << bytes.size();
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), HasSubstr(blob_digest(bytes)));
    }
  }
}

// In a child, of which the peak of memory is its own.
TEST_F(BlobsIncoming, LargeBlobNeedsNoMemory) {
  constexpr std::size_t kPieces = 100;
  const auto piece = support::noise(1'000'000, 8);
  ChildProcess child([&] {
    std::string digest;
    {
      std::string all;
      for (std::size_t i = 0; i < kPieces; ++i) all += piece;
      digest = blob_digest(all);
    }
    Blobs blobs(path_, Access::kReadWrite);
    support::write_file("/proc/self/clear_refs", "5");  // the peak so far
    const auto peak = [] {
      std::ifstream status("/proc/self/status");
      std::string line;
      while (std::getline(status, line)) {
        if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
      }
      return 0L;
    };
    const auto kilobytes = peak();
    auto incoming = blobs.receive(digest);
    for (std::size_t i = 0; i < kPieces; ++i) incoming.append(piece);
    if (!blobs.finish(std::move(incoming), digest, BlobEncoding::kIdentity)) return 1;
    return peak() - kilobytes < 20'000 ? 0 : 2;
  });
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(unfinished(), 0);
}

TEST_F(BlobsIncoming, FilesOfFormat1AreReadAndUpgraded) {
  const auto digest = blob_digest("small");
  {
    Blobs blobs(path_, Access::kReadWrite);
    const Blobs::Blob one{digest, "small"};
    blobs.put({&one, 1});
  }
  const auto file = path_ / "packed.db";
  const auto format = [&file] {
    const sqlite::Connection connection(file, Access::kReadOnly, sqlite::Durability::kFull);
    auto version = connection.prepare("PRAGMA user_version");
    return version.step() ? version.integer(0) : -1;
  };
  sqlite::Connection(file, Access::kReadWrite, sqlite::Durability::kFull)
      .execute(
          "CREATE TABLE old (number INTEGER PRIMARY KEY, md5 BLOB NOT NULL UNIQUE, "
          "size INTEGER NOT NULL, data BLOB NOT NULL);"
          "INSERT INTO old SELECT number, md5, size, data FROM blobs;"
          "DROP TABLE blobs; ALTER TABLE old RENAME TO blobs; PRAGMA user_version=1");
  EXPECT_EQ(Blobs(path_, Access::kReadOnly).get(digest), "small");
  EXPECT_EQ(format(), 1);
  Blobs blobs(path_, Access::kReadWrite);
  EXPECT_EQ(blobs.get(digest), "small");
  const auto packed = gzip("text");
  EXPECT_TRUE(receive(blobs, packed, BlobEncoding::kGzip, blob_digest(packed)));
  EXPECT_EQ(blobs.get(blob_digest(packed)), "text");
  EXPECT_EQ(format(), 2);
}

}  // namespace
}  // namespace replica
