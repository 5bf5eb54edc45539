#include "indexer/restore_blobs.hpp"

#include <utility>

#include "replica/digest.hpp"

namespace indexer {
namespace {

constexpr std::size_t kSmall = std::size_t{256} << 10;  // bytes
constexpr std::size_t kCollectedBytes = std::size_t{16} << 20;
constexpr std::size_t kCollectedBlobs = 1'000;

}  // namespace

std::optional<BlobMember> blob_of_member(std::string_view path) {
  BlobMember member;
  if (path.starts_with("mail/") && path.ends_with(".eml")) {
    path.remove_suffix(4);
  } else if (!path.starts_with("files/")) {
    return std::nullopt;
  } else if (path.ends_with(".gz")) {
    member.encoding = replica::BlobEncoding::kGzip;
    path.remove_suffix(3);
  }
  const auto value = replica::parse_hex(path.substr(path.rfind('/') + 1));
  if (!value) return std::nullopt;
  member.digest = replica::to_digest(*value);
  return member;
}

void RestoredBlobs::begin(BlobMember member, std::uint64_t size) {
  member_ = std::move(member);
  small_.clear();
  large_.reset();
  const bool is_small = size < kSmall && member_.encoding == replica::BlobEncoding::kIdentity;
  if (is_small) return;
  large_.emplace(blobs_.receive(member_.digest));
  large_->restart();
}

void RestoredBlobs::append(std::string_view bytes) {
  if (large_) {
    large_->append(bytes);
  } else {
    small_ += bytes;
  }
}

bool RestoredBlobs::end() {
  if (large_) {
    auto incoming = std::move(*large_);
    large_.reset();
    return blobs_.finish(std::move(incoming), member_.digest, member_.encoding);
  }
  const auto digest = replica::parse_digest(member_.digest);
  if (!digest || !replica::has_digest(small_, *digest)) return false;
  collected_bytes_ += small_.size();
  collected_.emplace_back(std::move(member_.digest), std::move(small_));
  if (collected_bytes_ >= kCollectedBytes || collected_.size() >= kCollectedBlobs) finish();
  return true;
}

void RestoredBlobs::finish() {
  std::vector<replica::Blobs::Blob> blobs;
  blobs.reserve(collected_.size());
  for (const auto& [digest, bytes] : collected_) blobs.push_back({digest, bytes});
  if (!blobs.empty()) blobs_.put(blobs);
  collected_.clear();
  collected_bytes_ = 0;
}

}  // namespace indexer
