// Attachment bytes by digest, each kept once: small ones packed in one SQLite file, large ones as files of their own.
// Written before the documents that name them; what no document names is harmless. One object writes a folder at a time,
// any number read it meanwhile; any thread. Throws sqlite::Error and std::filesystem::filesystem_error.
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

// The digest as CouchDB writes it in a stub: "md5-" and base64.
[[nodiscard]] std::string blob_digest(std::string_view bytes);

// CouchDB keeps text compressed, and its digest is that of the compressed bytes.
enum class BlobEncoding { kIdentity, kGzip };

class Blobs {
 public:
  struct Blob {
    std::string digest;  // blob_digest(bytes), which is not checked here
    std::string_view bytes;
  };
  // A blob that comes in pieces, perhaps in several tries: what came before is kept in the folder until all of it is there
  // (tuning::kKeptUnfinished). Belongs to one thread at a time. Of several for one digest at a time only the first goes on
  // with what came before.
  class Incoming {
   public:
    Incoming(Incoming&&) noexcept;
    Incoming& operator=(Incoming&&) = delete;
    ~Incoming();
    [[nodiscard]] std::uint64_t size() const;  // what is there, of earlier tries too
    void append(std::string_view bytes);
    void restart();  // from nothing

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

  // Durable when it returns. A digest that is there already is left as it is. Throws std::invalid_argument for what is
  // no md5 digest.
  void put(std::span<const Blob> blobs);
  [[nodiscard]] Incoming receive(std::string_view digest);  // std::invalid_argument as in `put`
  // True: durable, and `get` finds it. False: these are not the bytes that the digest names; they are dropped. Of gzip the
  // digest may name what it was before: a proxy may have compressed it on the way. Then that is kept.
  [[nodiscard]] bool finish(Incoming incoming, std::string_view digest, BlobEncoding encoding);
  [[nodiscard]] bool contains(std::string_view digest) const;
  // Into a folder that has none, durably: all that is here when it begins. `copied` hears of the bytes of each file.
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
