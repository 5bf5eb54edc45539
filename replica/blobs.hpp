// Attachment bytes by digest, each kept once: small ones packed in one SQLite file, large ones as files of their own.
// Written before the documents that name them; what no document names is harmless. One object writes a folder at a time,
// any number read it meanwhile; any thread. Throws sqlite::Error and std::filesystem::filesystem_error.
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
    std::string digest;  // blob_digest(bytes), which is not checked here
    std::string_view bytes;
  };
  // Nothing is opened before it is needed, and nothing created before the first `put`.
  Blobs(const std::filesystem::path& folder, sqlite::Access access);
  ~Blobs();

  // Durable when it returns. A digest that is there already is left as it is. Throws std::invalid_argument for what is
  // no md5 digest.
  void put(std::span<const Blob> blobs);
  // Nothing when the digest is not there. Throws std::runtime_error when the bytes found are not those it names.
  [[nodiscard]] std::optional<std::string> get(std::string_view digest) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace replica
