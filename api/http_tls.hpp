// TLS of the HTTP server: a certificate and its key, from PEM files.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

namespace api {

struct TlsFiles {
  std::string certificate;  // the chain, the server's own first
  std::string key;
};

// TLS 1.2 and later. Throws std::runtime_error, which names the file that cannot be used and why.
[[nodiscard]] std::shared_ptr<boost::asio::ssl::context> make_tls_context(const TlsFiles& files);

}  // namespace api
