// Requests and answers on their way through a proxy: read, passed on as they stream, framed anew when they were changed.
// Throws boost::system::system_error when one of the two sides goes away.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/raw_http.hpp"

namespace support {

struct RelayedRequest {
  RawHead head;
  std::string payload;  // as it is sent
  std::string decoded;

  [[nodiscard]] std::string_view method() const { return head.word(0); }
  [[nodiscard]] std::string_view target() const { return head.word(1); }
  [[nodiscard]] std::string_view path() const { return target().substr(0, target().find('?')); }
  [[nodiscard]] bool is_feed() const;
  [[nodiscard]] bool is_page() const;  // of a feed that is not held open
  [[nodiscard]] std::string bytes_for(std::string_view other_target) const;
};

// `buffer` keeps what came after the request.
[[nodiscard]] boost::asio::awaitable<RelayedRequest> read_request(
    boost::asio::ip::tcp::socket& client, std::string& buffer);

// Where a conversation ends on purpose.
struct ConnectionCut {};

// The way to the client, which may end or be slow.
struct Outlet {
  boost::asio::ip::tcp::socket& client;
  std::optional<std::size_t> bytes_left;  // then ConnectionCut is thrown
  bool trickles = false;  // the first bytes only

  [[nodiscard]] boost::asio::awaitable<void> send(std::string_view bytes);
};

// An answer on its way from the source.
struct RelayedAnswer {
  boost::asio::ip::tcp::socket socket;
  std::string buffer;
  RawHead head;
  RawPayload payload;
  std::string raw;  // of the payload, as far as it was read to be changed
  std::string decoded;

  [[nodiscard]] bool keeps_connection() const;
};

// Sends a request and reads how the answer begins, on a connection of their own.
[[nodiscard]] boost::asio::awaitable<RelayedAnswer> ask_source(
    boost::asio::ip::tcp::endpoint source, std::string bytes, std::string_view method);
// Passes on all of the answer, byte for byte. Throws ConnectionCut when it ends too early.
[[nodiscard]] boost::asio::awaitable<void> relay(RelayedAnswer& answer, Outlet& outlet);
// Reads the payload to change it; false when it is too long for that: then it can still be relayed.
[[nodiscard]] boost::asio::awaitable<bool> read_whole(RelayedAnswer& answer);
// The answer with another payload.
[[nodiscard]] std::string framed(const RawHead& head, std::string_view payload, bool is_chunked);

}  // namespace support
