// Attachment bytes by digest, each kept once: small ones packed in one SQLite file, large ones as files of their own.
// Written before the documents that name them; what no document names is harmless. Any thread; throws sqlite::Error and
// std::filesystem::filesystem_error.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "replica/sqlite.hpp"

namespace replica {

// The digest as CouchDB writes it in a stub: "md5-" and base64.
[[nodiscard]] std::string blob_digest(std::string_view bytes);

class Blobs {
 public:
  struct Blob {
    std::string digest;
    std::string_view bytes;
  };
  Blobs(const std::filesystem::path& folder, sqlite::Access access);
  ~Blobs();

  void put(std::span<const Blob> blobs);  // durable when it returns
  [[nodiscard]] std::optional<std::string> get(std::string_view digest) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace replica
