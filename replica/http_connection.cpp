#include "replica/http_connection.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <fmt/core.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace replica {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using net::redirect_error;
using net::use_awaitable;
using Kind = SourceError::Kind;

namespace {

constexpr std::size_t kReadSize = 64 * 1024;
constexpr std::uint32_t kMaxHeader = 64 * 1024;  // bytes
// What may wait in memory to be understood: a header, or the line before a chunk, which knows no other bound.
constexpr std::size_t kMaxBuffered = 2 * kMaxHeader;
constexpr int kMaxPreliminaryAnswers = 8;  // 1xx

double seconds(std::chrono::milliseconds time) { return static_cast<double>(time.count()) / 1000; }

bool is_closed(const error_code& error) {
  return error == http::error::end_of_stream || error == http::error::partial_message ||
         error == net::error::eof || error == net::error::connection_reset ||
         error == net::error::broken_pipe || error == net::error::connection_aborted ||
         error == net::ssl::error::stream_truncated;
}

}  // namespace

bool is_gzip(beast::string_view encoding) {
  return beast::iequals(encoding, "gzip") || beast::iequals(encoding, "x-gzip");
}

HttpConnection::HttpConnection(const net::any_io_executor& executor, const SourceUrl& url,
                               net::ssl::context& tls, Timeouts timeouts)
    : url_(url),
      tls_context_(tls),
      timeouts_(timeouts),
      tcp_(executor),
      resolver_(std::make_shared<net::ip::tcp::resolver>(executor)),
      buffer_(kMaxBuffered) {
  options_.idle = timeouts.idle;
  buffer_.reserve(kReadSize);
}

net::awaitable<void> HttpConnection::connect() {
  const auto addresses = co_await resolve();
  error_code error;
  tcp_.expires_after(timeouts_.connect);
  co_await tcp_.async_connect(addresses, redirect_error(use_awaitable, error));
  if (error) fail_to_connect(error);
  tcp_.socket().set_option(net::ip::tcp::no_delay(true), error);
  if (url_.secure) co_await shake_hands();
  tcp_.expires_never();
}

// The resolver knows no deadline; the timer's handler keeps it, since it may outlive the connection.
net::awaitable<net::ip::tcp::resolver::results_type> HttpConnection::resolve() {
  net::steady_timer timer(tcp_.get_executor(), timeouts_.connect);
  const auto expired = std::make_shared<bool>(false);
  timer.async_wait([resolver = resolver_, expired](const error_code& cancelled) {
    if (cancelled) return;
    *expired = true;
    resolver->cancel();
  });
  error_code error;
  auto addresses =
      co_await resolver_->async_resolve(url_.host, url_.port, redirect_error(use_awaitable, error));
  if (*expired) error = beast::error::timeout;
  if (error || closed_) fail_to_connect(error);
  co_return addresses;
}

net::awaitable<void> HttpConnection::shake_hands() {
  tls_ = std::make_unique<Tls>(tcp_, tls_context_);
  SSL* const ssl = tls_->native_handle();
  error_code not_an_address;
  net::ip::make_address(url_.host, not_an_address);
  if (not_an_address) {
    SSL_set_tlsext_host_name(ssl, url_.host.c_str());
    SSL_set1_host(ssl, url_.host.c_str());
  } else {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), url_.host.c_str());
  }
  error_code error;
  tcp_.expires_after(timeouts_.connect);
  co_await tls_->async_handshake(net::ssl::stream_base::client,
                                 redirect_error(use_awaitable, error));
  if (error) fail_to_trust(error);
}

net::awaitable<int> HttpConnection::exchange(const Message& message, ResponseOptions options) {
  options_ = options;
  parser_.reset();
  inflater_.reset();
  to_inflate_ = {};

  error_code error;
  start_timer();
  co_await on_stream([&](auto& stream) {
    return http::async_write(stream, message, redirect_error(use_awaitable, error));
  });
  // A server that refuses a large request answers and closes before it has read all: the answer says more than the error.
  const bool may_have_answered =
      error == net::error::broken_pipe || error == net::error::connection_reset;
  if (error && !may_have_answered) fail_to_read(error);

  const auto is_preliminary = [this] {
    const unsigned status = parser_->get().result_int();
    return status >= 100 && status < 200;
  };
  int answers = 0;
  do {
    co_await read_header();
  } while (is_preliminary() && ++answers < kMaxPreliminaryAnswers);
  prepare_to_inflate();
  co_return static_cast<int>(parser_->get().result_int());
}

net::awaitable<void> HttpConnection::read_header() {
  parser_.emplace();
  parser_->header_limit(kMaxHeader);
  parser_->body_limit(boost::none);  // who reads the payload bounds it
  parser_->eager(true);
  error_code error;
  start_timer();
  co_await on_stream([&](auto& stream) {
    return http::async_read_header(stream, buffer_, *parser_, redirect_error(use_awaitable, error));
  });
  if (error) fail_to_read(error);
}

void HttpConnection::prepare_to_inflate() {
  if (!options_.inflates) return;
  const auto encoding = parser_->get()[http::field::content_encoding];
  if (is_gzip(encoding) || beast::iequals(encoding, "deflate")) {
    inflater_ = std::make_unique<Inflater>();
    compressed_.resize(kReadSize);
  } else if (!encoding.empty() && !beast::iequals(encoding, "identity")) {
    throw SourceError(Kind::kProtocol, static_cast<int>(parser_->get().result_int()),
                      fmt::format("{}: answers in the encoding '{}', which was not asked for",
                                  url_.origin, std::string(encoding)));
  }
}

std::string HttpConnection::field(http::field name) const {
  return parser_ ? std::string(parser_->get()[name]) : std::string();
}

net::awaitable<std::size_t> HttpConnection::read(std::span<char> out) {
  if (!inflater_) co_return co_await read_raw(out);
  try {
    for (;;) {
      const std::size_t size = inflater_->inflate(to_inflate_, out);
      if (size > 0) co_return size;
      to_inflate_ = {compressed_.data(), co_await read_raw(compressed_)};
      if (to_inflate_.empty()) break;
    }
  } catch (const SourceError&) {
    throw;
  } catch (const std::runtime_error& error) {
    throw SourceError(Kind::kProtocol, 0, fmt::format("{}: {}", url_.origin, error.what()));
  }
  if (!inflater_->finished()) fail_to_read(http::error::partial_message);
  co_return 0;
}

net::awaitable<std::size_t> HttpConnection::read_raw(std::span<char> out) {
  while (!parser_->is_done()) {
    auto& body = parser_->get().body();
    body.data = out.data();
    body.size = out.size();
    error_code error;
    start_timer();
    co_await on_stream([&](auto& stream) {
      return http::async_read_some(stream, buffer_, *parser_, redirect_error(use_awaitable, error));
    });
    if (error && error != http::error::need_buffer) fail_to_read(error);
    const std::size_t size = out.size() - body.size;
    if (size > 0) co_return size;
  }
  tcp_.expires_never();
  co_return 0;
}

bool HttpConnection::reusable() const {
  // Bytes behind the answer are none of ours: its length was wrong.
  return !closed_ && parser_ && parser_->is_done() && parser_->keep_alive() && buffer_.size() == 0;
}

bool HttpConnection::alive() {
  char byte = 0;
  error_code error;
  auto& socket = tcp_.socket();
  socket.non_blocking(true, error);
  if (error) return false;
  socket.receive(net::buffer(&byte, 1), net::socket_base::message_peek, error);
  return error == net::error::would_block;
}

void HttpConnection::close() {
  closed_ = true;
  resolver_->cancel();
  tcp_.close();
}

void HttpConnection::start_timer() {
  if (closed_) fail_to_read(net::error::operation_aborted);
  tcp_.expires_after(options_.idle);
}

void HttpConnection::fail_to_connect(const error_code& error) {
  const auto& origin = url_.origin;
  if (closed_)
    throw SourceError(Kind::kNetwork, 0, fmt::format("stopped while connecting to {}", origin));
  if (error == beast::error::timeout) {
    throw SourceError(
        Kind::kTimeout, 0,
        fmt::format("cannot reach {}: no answer within {} s", origin, seconds(timeouts_.connect)));
  }
  std::string_view advice = "check the url and the network";
  if (error == net::error::connection_refused) advice = "is the server running?";
  if (error.category() == net::error::get_netdb_category())
    advice = "check the host name in the url";
  std::string what = error.message();
  if (error == net::error::connection_refused) what = "connection refused";
  throw SourceError(Kind::kNetwork, 0,
                    fmt::format("cannot reach {}: {}: {}", origin, what, advice));
}

void HttpConnection::fail_to_trust(const error_code& error) {
  if (closed_ || error == beast::error::timeout) fail_to_connect(error);
  const long verdict = SSL_get_verify_result(tls_->native_handle());
  if (verdict == X509_V_OK) {
    throw SourceError(
        Kind::kNetwork, 0,
        fmt::format("cannot reach {}: no TLS connection: {}: does the server speak https?",
                    url_.origin, error.message()));
  }
  throw SourceError(
      Kind::kNetwork, 0,
      fmt::format(
          "cannot trust {}: {}: check the url, or name the server's certificate in `ca_file`",
          url_.origin, X509_verify_cert_error_string(verdict)));
}

void HttpConnection::fail_to_read(const error_code& error) {
  const auto& origin = url_.origin;
  if (closed_ || error == net::error::operation_aborted) {
    throw SourceError(Kind::kNetwork, 0, fmt::format("stopped while waiting for {}", origin));
  }
  if (error == beast::error::timeout) {
    throw SourceError(Kind::kTimeout, 0,
                      fmt::format("{}: no answer within {} s", origin, seconds(options_.idle)));
  }
  if (is_closed(error)) {
    if (!answered()) {
      throw SourceError(Kind::kNetwork, 0,
                        fmt::format("{} closed the connection without an answer", origin));
    }
    throw SourceError(Kind::kProtocol, 0,
                      fmt::format("{} closed the connection in the middle of its answer", origin));
  }
  if (error.category() == http::make_error_code(http::error::bad_version).category()) {
    throw SourceError(Kind::kProtocol, 0,
                      fmt::format("{}: this is no HTTP answer: {}", origin, error.message()));
  }
  throw SourceError(Kind::kNetwork, 0, fmt::format("{}: {}", origin, error.message()));
}

}  // namespace replica
