#include "tests/support/http_relay.hpp"

#include <algorithm>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <fmt/core.h>

#include "tests/support/changes_page.hpp"

namespace support {

namespace net = boost::asio;
using net::use_awaitable;
using net::ip::tcp;

namespace {

constexpr std::size_t kPiece = 64 * 1024;  // bytes read at once
constexpr std::size_t kMaxChanged = 16 * 1024 * 1024;  // bytes of an answer that is to be changed

net::awaitable<RawHead> read_head(tcp::socket& socket, std::string& buffer) {
  const std::size_t size = co_await net::async_read_until(socket, net::dynamic_buffer(buffer),
                                                          "\r\n\r\n", use_awaitable);
  RawHead head{buffer.substr(0, size)};
  buffer.erase(0, size);
  co_return head;
}

// More bytes at the end of the buffer; false at the end of the connection.
net::awaitable<bool> read_more(tcp::socket& socket, std::string& buffer) {
  const std::size_t before = buffer.size();
  buffer.resize(before + kPiece);
  boost::system::error_code error;
  const std::size_t size = co_await socket.async_read_some(
      net::buffer(buffer.data() + before, kPiece), net::redirect_error(use_awaitable, error));
  buffer.resize(before + size);
  if (error && error != net::error::eof) throw boost::system::system_error(error);
  co_return !error;
}

}  // namespace

bool RelayedRequest::is_feed() const {
  return path().ends_with("/_changes") || path().ends_with("/_db_updates");
}

bool RelayedRequest::is_page() const {
  const std::string feed = parameter(target(), "feed");
  return method() == "GET" && path().ends_with("/_changes") && (feed.empty() || feed == "normal");
}

std::string RelayedRequest::bytes_for(std::string_view other_target) const {
  return fmt::format("{} {}{}{}", method(), other_target,
                     head.bytes.substr(method().size() + 1 + target().size()), payload);
}

net::awaitable<RelayedRequest> read_request(tcp::socket& client, std::string& buffer) {
  RelayedRequest request;
  request.head = co_await read_head(client, buffer);
  RawPayload payload = RawPayload::of_request(request.head);
  while (!payload.done()) {
    if (buffer.empty()) {
      const bool is_more = co_await read_more(client, buffer);
      if (!is_more) throw boost::system::system_error(net::error::eof);
    }
    const std::size_t size = payload.take(buffer, &request.decoded);
    request.payload.append(buffer, 0, size);
    buffer.erase(0, size);
  }
  co_return request;
}

net::awaitable<void> Outlet::send(std::string_view bytes) {
  const bool is_last = bytes_left && *bytes_left < bytes.size();
  if (is_last) bytes = bytes.substr(0, *bytes_left);
  if (bytes_left) *bytes_left -= bytes.size();
  constexpr std::size_t kDrop = 7, kDrops = 30;  // bytes at a time, times
  for (std::size_t drop = 0; trickles && drop < kDrops && !bytes.empty(); ++drop) {
    const std::size_t size = std::min(kDrop, bytes.size());
    co_await net::async_write(client, net::buffer(bytes.data(), size), use_awaitable);
    bytes.remove_prefix(size);
    net::steady_timer timer(client.get_executor(), std::chrono::milliseconds(5));
    co_await timer.async_wait(use_awaitable);
  }
  trickles = false;
  co_await net::async_write(client, net::buffer(bytes), use_awaitable);
  if (is_last) throw ConnectionCut();
}

bool RelayedAnswer::keeps_connection() const {
  return !payload.ends_with_connection() && head.field("Connection") != "close";
}

net::awaitable<RelayedAnswer> ask_source(tcp::endpoint source, std::string bytes,
                                         std::string_view method) {
  const auto executor = co_await net::this_coro::executor;
  RelayedAnswer answer{tcp::socket(executor), {}, {}, {}, {}, {}};
  co_await answer.socket.async_connect(source, use_awaitable);
  answer.socket.set_option(tcp::no_delay(true));
  co_await net::async_write(answer.socket, net::buffer(bytes), use_awaitable);
  answer.head = co_await read_head(answer.socket, answer.buffer);
  answer.payload = RawPayload::of_answer(answer.head, method);
  co_return answer;
}

net::awaitable<void> relay(RelayedAnswer& answer, Outlet& outlet) {
  const std::string beginning = answer.head.bytes + answer.raw;
  co_await outlet.send(beginning);
  while (!answer.payload.done()) {
    if (answer.buffer.empty()) {
      const bool is_more = co_await read_more(answer.socket, answer.buffer);
      if (!is_more) break;
    }
    const std::size_t size = answer.payload.take(answer.buffer);
    co_await outlet.send(std::string_view(answer.buffer).substr(0, size));
    answer.buffer.erase(0, size);
  }
  if (!answer.payload.done() && !answer.payload.ends_with_connection()) throw ConnectionCut();
}

net::awaitable<bool> read_whole(RelayedAnswer& answer) {
  while (!answer.payload.done()) {
    if (answer.decoded.size() > kMaxChanged) co_return false;
    if (answer.buffer.empty()) {
      const bool is_more = co_await read_more(answer.socket, answer.buffer);
      if (!is_more) break;
    }
    const std::size_t size = answer.payload.take(answer.buffer, &answer.decoded);
    answer.raw.append(answer.buffer, 0, size);
    answer.buffer.erase(0, size);
  }
  co_return true;
}

std::string framed(const RawHead& head, std::string_view payload, bool is_chunked) {
  if (!is_chunked) {
    return fmt::format("{}Content-Length: {}\r\n\r\n{}", head.unframed(), payload.size(), payload);
  }
  std::string bytes = head.unframed() + "Transfer-Encoding: chunked\r\n\r\n";
  if (!payload.empty()) bytes += fmt::format("{:x}\r\n{}\r\n", payload.size(), payload);
  return bytes + "0\r\n\r\n";
}

}  // namespace support
