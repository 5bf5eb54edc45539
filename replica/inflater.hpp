// Inflates a zlib stream, or gzip of one member or several (RFC 1952 2.2), piece by piece. The one door to zlib.
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
  // True after the last byte of a stream or member: what ends before was cut off.
  [[nodiscard]] bool finished() const { return finished_; }

 private:
  [[nodiscard]] std::size_t inflate_member(std::string_view& in, std::span<char> out);

  struct State;
  std::unique_ptr<State> state_;
  bool finished_ = false;
};

}  // namespace replica
