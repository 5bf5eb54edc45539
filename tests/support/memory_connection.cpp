#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <fmt/format.h>
#include <regex>
#include <string>

#include "tests/support/bytes.hpp"
#include "tests/support/memory_server.hpp"

namespace support::memory {

using net::use_awaitable;

namespace {

// CouchDB's words, where they are not Beast's.
std::string_view reason_phrase(int status) {
  if (status == 404) return "Object Not Found";
  const auto phrase = http::obsolete_reason(static_cast<http::status>(status));
  return {phrase.data(), phrase.size()};
}

std::string head(int status, std::string_view fields) {
  return fmt::format(
      "HTTP/1.1 {} {}\r\nCache-Control: must-revalidate\r\nServer: CouchDB/3.5.0 (Erlang "
      "OTP/25)\r\n"
      "X-CouchDB-Body-Time: 0\r\n{}\r\n",
      status, reason_phrase(status), fields);
}

// A payload that is gzip is taken apart; what it is not is refused.
std::optional<Refusal> unpack(http::request<http::string_body>& message) {
  const auto encoding = message[http::field::content_encoding];
  if (encoding.empty()) return std::nullopt;
  if (encoding != "gzip") {
    return Refusal{415, "bad_content_type",
                   std::string(encoding) + " is not a supported content encoding."};
  }
  auto plain = gunzip(message.body());
  if (!plain) return Refusal{400, "bad_request", "Request body is not properly gzipped."};
  message.body() = std::move(*plain);
  return std::nullopt;
}

const std::regex kEncodedSlash("%2F", std::regex::icase);

}  // namespace

std::string chunk(std::string_view bytes) {
  return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

Connection::Connection(Server& server, tcp::socket socket)
    : server_(server), socket_(std::move(socket)) {
  const std::lock_guard lock(server_.mutex);
  server_.connections.insert(this);
  auto& counters = server_.counters;
  ++counters.connections;
  ++counters.open_connections;
  counters.most_connections = std::max(counters.most_connections, counters.open_connections);
}

Connection::~Connection() {
  const std::lock_guard lock(server_.mutex);
  server_.connections.erase(this);
  --server_.counters.open_connections;
}

net::awaitable<void> Connection::converse() {
  socket_.set_option(tcp::no_delay(true));
  boost::beast::flat_buffer buffer;
  try {
    while (!closing_) {
      http::request_parser<http::string_body> parser;
      parser.body_limit(boost::none);
      co_await http::async_read(socket_, buffer, parser, use_awaitable);
      head_only_ = parser.get().method() == http::verb::head;
      closing_ = !parser.get().keep_alive();
      auto message = parser.release();
      if (const auto refused = unpack(message)) {
        const Answer reply = refusal(*refused);
        co_await send(reply);
        continue;
      }
      if (server_.options.decodes_paths)
        message.target(std::regex_replace(std::string(message.target()), kEncodedSlash, "/"));
      const Request request(std::move(message));
      co_await serve(request);
    }
  } catch (const boost::system::system_error&) {
    // the client went away, which is its right
  }
}

net::awaitable<void> Connection::serve(const Request& request) {
  Answer reply;
  bool feed = false;
  {
    const std::lock_guard lock(server_.mutex);
    ++server_.counters.requests[route_name(server_, request)];
    server_.counters.bytes_received += request.http.body().size();
    feed = is_feed(server_, request);
    if (!feed) reply = answer(server_, request);
  }
  if (feed) {
    co_await send_feed(server_, *this, request);
  } else {
    co_await send(reply);
  }
}

net::awaitable<void> Connection::send(const Answer& answer) {
  std::string fields = fmt::format("{}Content-Type: {}\r\n", answer.fields, answer.content_type);
  if (answer.close) closing_ = true;
  if (closing_) fields += "Connection: close\r\n";
  std::string bytes;
  if (!answer.chunks.empty()) {
    bytes = head(answer.status, fields + "Transfer-Encoding: chunked\r\n");
    if (!head_only_) {
      for (const std::string& piece : answer.chunks) bytes += chunk(piece);
      bytes += chunk("\n") + chunk("");
    }
  } else {
    fields += fmt::format("Content-Length: {}\r\n", answer.payload.size());
    bytes = head(answer.status, fields);
    if (!head_only_) bytes += answer.payload;
  }
  co_await write(std::move(bytes));
}

net::awaitable<void> Connection::begin_chunked() {
  std::string bytes =
      head(200, fmt::format("Content-Type: application/json\r\n{}Transfer-Encoding: chunked\r\n",
                            closing_ ? "Connection: close\r\n" : ""));
  co_await write(std::move(bytes));
}

net::awaitable<void> Connection::write(std::string bytes) {
  {
    const std::lock_guard lock(server_.mutex);
    server_.counters.bytes_sent += bytes.size();
  }
  co_await net::async_write(socket_, net::buffer(bytes), use_awaitable);
}

struct Connection::Waiter {
  explicit Waiter(net::io_context& context) : timer(context) {}
  net::steady_timer timer;
  bool is_gone = false;
};

// The client of a feed sends nothing: what can be read is its end.
net::awaitable<void> Connection::watch_for_end(tcp::socket& socket,
                                               std::shared_ptr<Waiter> waiter) {
  const auto [error] =
      co_await socket.async_wait(tcp::socket::wait_read, net::as_tuple(use_awaitable));
  if (error == net::error::operation_aborted) co_return;
  waiter->is_gone = true;
  waiter->timer.cancel();
}

net::awaitable<Connection::Woken> Connection::wait(const std::string& database,
                                                   std::chrono::milliseconds time) {
  waiter_ = std::make_shared<Waiter>(server_.context);
  const auto waiter = waiter_;
  waiter->timer.expires_after(time);
  net::co_spawn(server_.context, watch_for_end(socket_, waiter), net::detached);
  const auto registered = server_.waiters.emplace(database, &waiter->timer);
  const auto [error] = co_await waiter->timer.async_wait(net::as_tuple(use_awaitable));
  server_.waiters.erase(registered);
  if (waiter->is_gone) {
    closing_ = true;
    co_return Woken::kGone;
  }
  socket_.cancel();
  co_return error ? Woken::kMoved : Woken::kTime;
}

void Connection::close() {
  closing_ = true;
  if (waiter_) {
    waiter_->is_gone = true;
    waiter_->timer.cancel();
  }
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace support::memory
