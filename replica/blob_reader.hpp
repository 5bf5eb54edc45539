// Reads blobs as they are stored, in pieces, to copy them elsewhere whatever their size. Belongs to one thread at a time.
// Throws sqlite::Error and std::runtime_error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "replica/blobs.hpp"

namespace replica {

struct PackedReader;

class BlobReader {
 public:
  explicit BlobReader(std::filesystem::path folder);
  ~BlobReader();

  struct Kept {
    std::uint64_t size = 0;  // octets, as the digest counts them
    BlobEncoding encoding = BlobEncoding::kIdentity;
  };
  // Begins to read that blob; nothing when its bytes are not there.
  [[nodiscard]] std::optional<Kept> open(std::string_view digest);
  // The next bytes of it, valid until the next call; empty at the end.
  [[nodiscard]] std::string_view read();

 private:
  [[nodiscard]] std::optional<Kept> open_packed_blob(std::string_view digest);
  [[nodiscard]] std::optional<Kept> open_blob_file(std::string_view digest);

  std::filesystem::path folder_;
  std::unique_ptr<PackedReader> packed_;  // null: there is no packed file
  std::ifstream file_;
  std::string buffer_;
  bool is_in_buffer_ = false;  // all that is left to read
};

}  // namespace replica
