#include "api/http_tls.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <openssl/ssl.h>
#include <stdexcept>

namespace api {
namespace {

namespace ssl = boost::asio::ssl;

void require_readable(const char* what, const std::string& file) {
  const std::ifstream in(file);
  if (!in || std::filesystem::is_directory(file))
    throw std::runtime_error(fmt::format("{} {} cannot be read", what, file));
}

[[noreturn]] void fail(const char* what, const std::string& file,
                       const boost::system::error_code& error) {
  throw std::runtime_error(fmt::format("{} {} cannot be used: {}", what, file, error.message()));
}

}  // namespace

std::shared_ptr<ssl::context> make_tls_context(const TlsFiles& files) {
  require_readable("the TLS certificate", files.certificate);
  require_readable("the TLS key", files.key);
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  // A client that renegotiates costs the server much more than itself.
  SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Nobody is there to type one.
  context->set_password_callback(
      [](std::size_t, ssl::context::password_purpose) { return std::string(); });
  boost::system::error_code error;
  context->use_certificate_chain_file(files.certificate, error);
  if (error) fail("the TLS certificate", files.certificate, error);
  context->use_private_key_file(files.key, ssl::context::pem, error);
  if (error) fail("the TLS key", files.key, error);
  if (SSL_CTX_check_private_key(context->native_handle()) != 1) {
    throw std::runtime_error(fmt::format("the TLS key {} is not that of the certificate {}",
                                         files.key, files.certificate));
  }
  return context;
}

}  // namespace api
