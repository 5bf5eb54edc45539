// One kept connection to a source, plain or TLS: sends a request, gives the answer's payload in pieces, unchunked and
// inflated. Every step has a deadline. Throws SourceError; after that, and after an answer that was not read to its end, the
// connection is of no more use. Belongs to one coroutine at a time, but for `close`.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "replica/couch_client.hpp"
#include "replica/inflater.hpp"
#include "replica/source_url.hpp"

namespace replica {

// Whether that is what Content-Encoding calls gzip (RFC 9110, 8.4.1.3).
[[nodiscard]] bool is_gzip(boost::beast::string_view encoding);

class HttpConnection {
 public:
  using Clock = std::chrono::steady_clock;
  using Message = boost::beast::http::request<boost::beast::http::string_body>;

  // `url` and `tls` must outlive the connection.
  HttpConnection(const net::any_io_executor& executor, const SourceUrl& url, net::ssl::context& tls,
                 Timeouts timeouts);

  // How an answer is awaited and read.
  struct ResponseOptions {
    std::chrono::milliseconds idle{};  // for each step
    bool inflates = true;  // false: `read` gives the payload as it was sent
  };

  [[nodiscard]] net::awaitable<void> connect();
  // Sends `request` and reads the answer's header; returns its status.
  [[nodiscard]] net::awaitable<int> exchange(const Message& message, ResponseOptions options);
  // Of the answer; empty when it has none.
  [[nodiscard]] std::string field(boost::beast::http::field name) const;
  // The next bytes of the payload, `out.size()` at most; 0 at its end.
  [[nodiscard]] net::awaitable<std::size_t> read(std::span<char> out);

  // Whether any byte of the answer has come.
  [[nodiscard]] bool answered() const { return parser_ && parser_->got_some(); }
  // Whether another request can be sent: the answer was read to its end and the server keeps the connection.
  [[nodiscard]] bool reusable() const;
  // Whether a kept connection is still open: the server has neither closed it nor sent anything.
  [[nodiscard]] bool alive();
  // Ends what is under way with SourceError::kNetwork.
  void close();

  // Calls `operation` with the stream of the connection, plain or TLS, and returns what that returns. Others than the
  // connection itself use it for another protocol than requests and answers.
  template <typename Operation>
  auto on_stream(const Operation& operation) {
    return tls_ ? operation(*tls_) : operation(tcp_);
  }
  // Throws what `error` means while an answer was awaited.
  [[noreturn]] void fail_to_read(const boost::system::error_code& error);

 private:
  using Tls = net::ssl::stream<boost::beast::tcp_stream&>;
  using Parser = boost::beast::http::response_parser<boost::beast::http::buffer_body>;

  [[nodiscard]] net::awaitable<net::ip::tcp::resolver::results_type> resolve();
  [[nodiscard]] net::awaitable<void> shake_hands();
  [[nodiscard]] net::awaitable<void> read_header();
  void prepare_to_inflate();
  [[nodiscard]] net::awaitable<std::size_t> read_raw(std::span<char> out);
  void start_timer();
  [[noreturn]] void fail_to_connect(const boost::system::error_code& error);
  [[noreturn]] void fail_to_trust(const boost::system::error_code& error);

  const SourceUrl& url_;
  net::ssl::context& tls_context_;
  Timeouts timeouts_;
  boost::beast::tcp_stream tcp_;
  std::unique_ptr<Tls> tls_;
  std::shared_ptr<net::ip::tcp::resolver> resolver_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::unique_ptr<Inflater> inflater_;
  std::string compressed_;  // what was read and not yet inflated lies at the end of it
  std::string_view to_inflate_;
  ResponseOptions options_;
  bool closed_ = false;
};

}  // namespace replica
