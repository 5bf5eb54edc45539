// Where blobs lie: the packed file and the files beside it. For those who read and write them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "replica/blobs.hpp"
#include "replica/compression.hpp"
#include "replica/digest.hpp"
#include "replica/sqlite.hpp"

namespace replica {

// Of a blob that is not packed.
[[nodiscard]] std::filesystem::path blob_file(const std::filesystem::path& folder,
                                              const Digest& value, BlobEncoding encoding);
[[nodiscard]] std::filesystem::path packed_file(const std::filesystem::path& folder);
[[nodiscard]] sqlite::Connection open_packed(const std::filesystem::path& file,
                                             sqlite::Access access);
[[nodiscard]] inline std::span<const std::byte> packed_key(const Digest& value) {
  return std::as_bytes(std::span(value));
}

// What one thread at a time needs to read the packed file.
struct PackedReader {
  explicit PackedReader(const std::filesystem::path& file);

  sqlite::Connection connection;
  sqlite::Statement is_known, find;  // by md5: 1; size, data, gzip
  Decompressor decompressor;
};

}  // namespace replica
