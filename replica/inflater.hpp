// Inflates a gzip or zlib stream piece by piece. The one door to zlib.
#pragma once

#include <memory>
#include <span>
#include <string_view>

namespace replica {

class Inflater {
 public:
  Inflater();
  ~Inflater();

  // Takes bytes from the front of `in`, as many as fit into `out` when inflated; returns the bytes written to `out`, 0 when
  // it needs more input. Throws std::runtime_error for what is no gzip.
  [[nodiscard]] std::size_t inflate(std::string_view& in, std::span<char> out);
  // True after the last byte of the stream: a stream that ends before was cut off.
  [[nodiscard]] bool finished() const { return finished_; }

 private:
  struct State;
  std::unique_ptr<State> state_;
  bool finished_ = false;
};

}  // namespace replica
