#include "indexer/sha256.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <stdexcept>

namespace indexer {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

void require_success(int result) {
  if (result != 1) throw std::runtime_error("OpenSSL refuses SHA-256: check its configuration");
}

std::string to_hex(std::string_view bytes) {
  return fmt::format(
      "{:02x}", fmt::join(reinterpret_cast<const unsigned char*>(bytes.data()),
                          reinterpret_cast<const unsigned char*>(bytes.data() + bytes.size()), ""));
}

}  // namespace

std::string sha256(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  require_success(EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr));
  return {reinterpret_cast<const char*>(digest), size};
}

std::string sha256_hex(std::string_view bytes) { return to_hex(sha256(bytes)); }

struct Sha256::State {
  std::unique_ptr<EVP_MD_CTX, FreeContext> context{EVP_MD_CTX_new()};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  require_success(EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr));
}

Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
  require_success(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()));
}

std::string Sha256::finish_hex() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  require_success(EVP_DigestFinal_ex(state_->context.get(), digest, &size));
  require_success(EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr));
  return to_hex({reinterpret_cast<const char*>(digest), size});
}

}  // namespace indexer
