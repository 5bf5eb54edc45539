// Attachment bytes by digest, each kept once: small ones packed in one SQLite file, large ones as files of their own.
// They are written before the documents that name them; a blob that no document names is harmless. One object writes a folder
// at a time, any number read it meanwhile. Safe for several threads. Throws sqlite::Error and std::filesystem::filesystem_error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "replica/sqlite.hpp"

namespace replica {

// The digest as CouchDB writes it in a stub: "md5-" and base64. Sync Gateway's, "sha1-" and base64, are taken as well.
[[nodiscard]] std::string blob_digest(std::string_view bytes);

// CouchDB keeps text compressed, and its digest is that of the compressed bytes.
enum class BlobEncoding { kIdentity, kGzip };

class Blobs {
 public:
  struct Blob {
    std::string digest;  // of `bytes`, which is not checked here
    std::string_view bytes;
  };
  // A blob that comes in pieces, perhaps in several attempts: the bytes of earlier attempts are kept for tuning::kKeptUnfinished.
  // Belongs to one thread at a time. When several receive the same digest at a time, only the first continues earlier attempts.
  class Incoming {
   public:
    Incoming(Incoming&&) noexcept;
    Incoming& operator=(Incoming&&) = delete;
    ~Incoming();
    [[nodiscard]] std::uint64_t size() const;  // bytes so far, those of earlier attempts included
    void append(std::string_view bytes);
    void restart();  // drops all bytes

   private:
    friend class Blobs;
    struct State;
    explicit Incoming(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
  };
  // Nothing is created before the first `put` or `append`. Files of the format before are read as they are, and upgraded by
  // who writes.
  Blobs(const std::filesystem::path& folder, sqlite::Access access);
  ~Blobs();

  // Durable when it returns. A digest that is there already is left as it is. Throws std::invalid_argument for what is no
  // digest.
  void put(std::span<const Blob> blobs);
  [[nodiscard]] Incoming receive(std::string_view digest);  // std::invalid_argument as in `put`
  // Stores what was received: true, durably. False when the digest names other bytes: then they are dropped. A proxy may have
  // compressed the bytes on the way: gzip of what the digest names is stored inflated.
  [[nodiscard]] bool finish(Incoming incoming, std::string_view digest, BlobEncoding encoding);
  [[nodiscard]] bool contains(std::string_view digest) const;
  // Copies all blobs that are here when it begins into another folder, which must have none, durably. `copied` is called with the
  // bytes of each file.
  void copy_to(const std::filesystem::path& folder,
               const std::function<void(std::uint64_t)>& copied) const;
  void compact();  // as sqlite::Connection
  // The bytes, inflated where they came compressed. Nothing when the digest is not there. Throws std::runtime_error when the
  // bytes found are not those it names, or cannot be inflated within tuning::kMaxInflatedBlob.
  [[nodiscard]] std::optional<std::string> get(std::string_view digest) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace replica
