#include "tests/support/plain_client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <optional>
#include <stdexcept>

#include "tests/support/bytes.hpp"

namespace support {

namespace net = boost::asio;
namespace http = boost::beast::http;
using net::ip::tcp;

struct PlainClient::State {
  net::io_context context;
  std::string host;
  std::string port;
  std::string authorization;
  std::optional<tcp::socket> socket;
  boost::beast::flat_buffer buffer;

  void connect() {
    buffer.clear();
    socket.emplace(context);
    tcp::resolver resolver(context);
    net::connect(*socket, resolver.resolve(host, port));
  }

  http::response<http::string_body> exchange(const http::request<http::string_body>& request) {
    http::write(*socket, request);
    http::response_parser<http::string_body> parser;
    parser.body_limit(boost::none);
    http::read(*socket, buffer, parser);
    return parser.release();
  }
};

PlainClient::PlainClient(const std::string& url, const std::string& user,
                         const std::string& password)
    : state_(std::make_unique<State>()) {
  constexpr std::string_view kScheme = "http://";
  const auto colon = url.rfind(':');
  if (!url.starts_with(kScheme) || colon < kScheme.size())
    throw std::invalid_argument("not http://host:port: " + url);
  state_->host = url.substr(kScheme.size(), colon - kScheme.size());
  state_->port = url.substr(colon + 1);
  if (!user.empty()) state_->authorization = "Basic " + base64(user + ':' + password);
}

PlainClient::~PlainClient() = default;

PlainClient::Answer PlainClient::ask(const std::string& method, const std::string& target,
                                     const std::string& json) {
  http::request<http::string_body> request(http::string_to_verb(method), target, 11, json);
  request.set(http::field::host, state_->host + ':' + state_->port);
  request.set(http::field::accept, "application/json");
  if (!json.empty()) request.set(http::field::content_type, "application/json");
  if (!state_->authorization.empty())
    request.set(http::field::authorization, state_->authorization);
  request.prepare_payload();
  const bool is_kept = state_->socket.has_value();
  if (!is_kept) state_->connect();
  http::response<http::string_body> message;
  try {
    message = state_->exchange(request);
  } catch (const boost::system::system_error&) {
    if (!is_kept) throw;  // a kept connection may have been closed meanwhile
    state_->connect();
    message = state_->exchange(request);
  }
  if (!message.keep_alive()) state_->socket.reset();
  return {static_cast<int>(message.result_int()), std::move(message.body())};
}

}  // namespace support
