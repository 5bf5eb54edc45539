// The one door to zstd: how bodies and blobs lie in their tables. A row is (size, data); data is
// compressed when it is shorter than size. An object belongs to one thread at a time and keeps its
// working memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace replica {

class Compressor {
 public:
  Compressor();
  ~Compressor();
  // What to store for `bytes`: valid until the next call, and no longer than `bytes` are.
  [[nodiscard]] std::string_view pack(std::string_view bytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class Decompressor {
 public:
  Decompressor();
  ~Decompressor();
  // Appends what was packed to `out`. Allocates no more than `size`; false when `data` is not what
  // `pack` gave for that many bytes, with `out` as it was.
  [[nodiscard]] bool unpack(std::string_view data, std::int64_t size, std::string& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace replica
