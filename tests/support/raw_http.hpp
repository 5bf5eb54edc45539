// HTTP messages as bytes: where they end and what is in them, for programs that pass them on
// unchanged.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace support {

// The beginning of a request or an answer, up to and with the empty line.
struct RawHead {
  std::string bytes;

  // Words of the first line: method and target of a request, version and status of an answer.
  [[nodiscard]] std::string_view word(std::size_t number) const;
  [[nodiscard]] std::string_view field(std::string_view name) const;  // empty when there is none
  [[nodiscard]] int status() const;
  // The same without the fields that frame the payload, and without the empty line.
  [[nodiscard]] std::string unframed() const;
};

// Follows a payload to its end.
class RawPayload {
 public:
  static RawPayload of_request(const RawHead& head);
  static RawPayload of_answer(const RawHead& head, std::string_view method);

  // How many of the bytes that come next belong to the payload; adds what they mean, unchunked, to
  // `decoded` if there is one.
  std::size_t take(std::string_view bytes, std::string* decoded = nullptr);
  [[nodiscard]] bool done() const { return done_; }
  [[nodiscard]] bool ends_with_connection() const { return ends_with_connection_; }
  [[nodiscard]] bool is_chunked() const { return is_chunked_; }

 private:
  void end_of_line();

  bool done_ = false;
  bool ends_with_connection_ = false;
  bool is_chunked_ = false;
  std::uint64_t left_ = 0;  // of the chunk, or of the payload
  bool in_trailer_ = false;
  bool after_chunk_ = false;
  std::string line_;
};

}  // namespace support
