#include "replica/digest.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <memory>
#include <openssl/evp.h>
#include <stdexcept>
#include <system_error>

namespace replica {

namespace {

constexpr std::string_view kPrefix = "md5-";
constexpr std::size_t kBase64Size = 24;
constexpr std::size_t kReadBytes = std::size_t{64} << 10;  // bytes of a file at a time

struct FreeDigestContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

void require(int result) {
  if (result != 1) {
    throw std::runtime_error(
        "OpenSSL refuses md5, by which CouchDB names attachments: check its configuration");
  }
}

}  // namespace

Md5 md5(std::string_view bytes) {
  Md5 result;
  require(EVP_Digest(bytes.data(), bytes.size(), result.data(), nullptr, EVP_md5(), nullptr));
  return result;
}

Md5 md5_of_file(const std::filesystem::path& file) {
  const std::unique_ptr<EVP_MD_CTX, FreeDigestContext> context(EVP_MD_CTX_new());
  require(EVP_DigestInit_ex(context.get(), EVP_md5(), nullptr));
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
  Md5 result;
  require(EVP_DigestFinal_ex(context.get(), result.data(), nullptr));
  return result;
}

std::string to_digest(const Md5& value) {
  std::array<unsigned char, kBase64Size + 1> text{};  // and the zero that OpenSSL writes
  EVP_EncodeBlock(text.data(), value.data(), static_cast<int>(value.size()));
  return std::string(kPrefix).append(text.begin(), text.begin() + kBase64Size);
}

std::optional<Md5> parse_digest(std::string_view digest) {
  if (!digest.starts_with(kPrefix) || digest.size() != kPrefix.size() + kBase64Size)
    return std::nullopt;
  const auto base64 = digest.substr(kPrefix.size());
  std::array<unsigned char, 18> decoded{};
  const auto* const text = reinterpret_cast<const unsigned char*>(base64.data());
  if (EVP_DecodeBlock(decoded.data(), text, static_cast<int>(kBase64Size)) !=
      static_cast<int>(decoded.size())) {
    return std::nullopt;
  }
  Md5 value;
  std::copy_n(decoded.begin(), value.size(), value.begin());
  // OpenSSL forgives spaces and stray bits.
  if (to_digest(value) != digest) return std::nullopt;
  return value;
}

std::string to_hex(const Md5& value) {
  std::string hex;
  for (const auto byte : value) hex += fmt::format("{:02x}", byte);
  return hex;
}

}  // namespace replica
