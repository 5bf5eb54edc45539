// The bytes of attachments on their way from an export into an account.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replica/blobs.hpp"

namespace indexer {

// A member "mail/…/<digest>.eml", "files/<digest>" or "files/<digest>.gz".
struct BlobMember {
  std::string digest;  // as documents name it
  replica::BlobEncoding encoding = replica::BlobEncoding::kIdentity;
};
[[nodiscard]] std::optional<BlobMember> blob_of_member(std::string_view path);

// Small ones are collected and written together, large ones piece by piece.
class RestoredBlobs {
 public:
  explicit RestoredBlobs(replica::Blobs& blobs) : blobs_(blobs) {}

  void begin(BlobMember member, std::uint64_t size);
  void append(std::string_view bytes);
  // False when the bytes do not match the digest.
  [[nodiscard]] bool end();
  // Writes the collected ones.
  void finish();

 private:
  replica::Blobs& blobs_;
  BlobMember member_;
  std::string small_;
  std::optional<replica::Blobs::Incoming> large_;
  std::vector<std::pair<std::string, std::string>> collected_;  // digest, bytes
  std::size_t collected_bytes_ = 0;
};

}  // namespace indexer
