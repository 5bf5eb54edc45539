#include "replica/digest.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <fmt/format.h>
#include <fstream>
#include <memory>
#include <openssl/evp.h>
#include <stdexcept>
#include <system_error>
#include <zlib.h>

namespace replica {

namespace {

struct Algorithm {
  std::string_view prefix;  // of what `to_digest` writes
  std::size_t size;  // bytes
  const EVP_MD* (*implementation)();
};

constexpr std::array<Algorithm, 2> kAlgorithms = {{{"md5-", 16, EVP_md5}, {"sha1-", 20, EVP_sha1}}};
constexpr std::size_t kReadBytes = std::size_t{64} << 10;  // bytes of a file at a time

struct FreeDigestContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

constexpr std::size_t base64_size(std::size_t bytes) { return (bytes + 2) / 3 * 4; }

// Null when there is none with so many bytes.
const Algorithm* algorithm_of(std::size_t size) {
  const auto* const found =
      std::find_if(kAlgorithms.begin(), kAlgorithms.end(),
                   [size](const Algorithm& each) { return each.size == size; });
  return found == kAlgorithms.end() ? nullptr : found;
}

const Algorithm& algorithm_of(const Digest& value) {
  const Algorithm* const found = algorithm_of(value.size());
  if (found == nullptr)
    throw std::invalid_argument(fmt::format("no digest has {} bytes", value.size()));
  return *found;
}

void require(int result) {
  if (result != 1) {
    throw std::runtime_error(
        "OpenSSL refuses md5 or sha1, by which sources name attachments: check its configuration");
  }
}

Digest digest_of(std::string_view bytes, const Algorithm& algorithm) {
  Digest result(algorithm.size);
  require(EVP_Digest(bytes.data(), bytes.size(), result.data(), nullptr, algorithm.implementation(),
                     nullptr));
  return result;
}

Digest digest_of_file(const std::filesystem::path& file, const Algorithm& algorithm) {
  const std::unique_ptr<EVP_MD_CTX, FreeDigestContext> context(EVP_MD_CTX_new());
  require(EVP_DigestInit_ex(context.get(), algorithm.implementation(), nullptr));
  std::ifstream in(file, std::ios::binary);
  std::string buffer(kReadBytes, '\0');
  while (in.good()) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    require(EVP_DigestUpdate(context.get(), buffer.data(), static_cast<std::size_t>(in.gcount())));
  }
  if (!in.eof()) {
    throw std::filesystem::filesystem_error("cannot read", file,
                                            std::make_error_code(std::errc::io_error));
  }
  Digest result(algorithm.size);
  require(EVP_DigestFinal_ex(context.get(), result.data(), nullptr));
  return result;
}

}  // namespace

Digest md5(std::string_view bytes) { return digest_of(bytes, kAlgorithms.front()); }

bool has_digest(std::string_view bytes, const Digest& digest) {
  return digest_of(bytes, algorithm_of(digest)) == digest;
}

bool file_has_digest(const std::filesystem::path& file, const Digest& digest) {
  return digest_of_file(file, algorithm_of(digest)) == digest;
}

std::uint32_t crc32(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

std::string to_digest(const Digest& value) {
  const Algorithm& algorithm = algorithm_of(value);
  const std::size_t size = base64_size(value.size());
  std::string base64(size + 1, '\0');  // and the zero that OpenSSL writes
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(base64.data()), value.data(),
                  static_cast<int>(value.size()));
  base64.resize(size);
  return std::string(algorithm.prefix) + base64;
}

std::optional<Digest> parse_digest(std::string_view digest) {
  for (const Algorithm& algorithm : kAlgorithms) {
    if (!digest.starts_with(algorithm.prefix)) continue;
    const auto base64 = digest.substr(algorithm.prefix.size());
    if (base64.size() != base64_size(algorithm.size)) return std::nullopt;
    Digest value(base64.size() / 4 * 3);
    const auto* const text = reinterpret_cast<const unsigned char*>(base64.data());
    if (EVP_DecodeBlock(value.data(), text, static_cast<int>(base64.size())) !=
        static_cast<int>(value.size())) {
      return std::nullopt;
    }
    value.resize(algorithm.size);
    // OpenSSL forgives spaces and stray bits.
    if (to_digest(value) != digest) return std::nullopt;
    return value;
  }
  return std::nullopt;
}

std::string to_hex(const Digest& value) {
  std::string hex;
  for (const auto byte : value) hex += fmt::format("{:02x}", byte);
  return hex;
}

std::optional<Digest> parse_hex(std::string_view hex) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (hex.size() % 2 != 0 || algorithm_of(hex.size() / 2) == nullptr) return std::nullopt;
  Digest value(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); ++i) {
    const auto digit = kDigits.find(hex[i]);
    if (digit == std::string_view::npos) return std::nullopt;
    value[i / 2] = static_cast<unsigned char>(value[i / 2] << 4 | digit);
  }
  return value;
}

std::optional<Digest> digest_from_bytes(std::string_view bytes) {
  if (algorithm_of(bytes.size()) == nullptr) return std::nullopt;
  return Digest(bytes.begin(), bytes.end());
}

}  // namespace replica
