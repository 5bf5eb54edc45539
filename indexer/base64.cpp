#include "indexer/base64.hpp"

#include <openssl/evp.h>

namespace indexer {

std::string to_base64(std::string_view bytes) {
  std::string encoded((bytes.size() + 2) / 3 * 4 + 1, '\0');  // and the NUL that OpenSSL writes
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  encoded.resize(static_cast<std::size_t>(length));
  return encoded;
}

std::optional<std::string> from_base64(std::string_view text) {
  constexpr std::size_t kMaxPadding = 2;
  std::string bytes(text.size() / 4 * 3, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  if (length < 0 || static_cast<std::size_t>(length) != bytes.size()) return std::nullopt;
  // OpenSSL decodes padding as zeros.
  const auto padding = text.size() - (text.find_last_not_of('=') + 1);
  if (padding > kMaxPadding) return std::nullopt;
  bytes.resize(bytes.size() - padding);
  return bytes;
}

}  // namespace indexer
