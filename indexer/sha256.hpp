// SHA-256. Throws std::runtime_error when OpenSSL does not have it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace indexer {

// 32 bytes.
[[nodiscard]] std::string sha256(std::string_view bytes);
// 64 hexadecimal digits.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

// The digest of bytes that come in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void update(std::string_view bytes);
  // 64 hexadecimal digits, of what came since the last call.
  [[nodiscard]] std::string finish_hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace indexer
