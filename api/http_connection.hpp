// One connection of the HTTP server, and what all of them share. Everything here runs on the server's one io thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include "api/http_server.hpp"

namespace api {

namespace net = boost::asio;

// Which names a listener may be called by.
struct HostPolicy {
  bool any = true;  // else loopback names and `listen_host` only
  std::string listen_host;  // IPv6 in brackets

  [[nodiscard]] bool allows(std::string_view host_field) const;
};

class OpenConnection {
 public:
  virtual ~OpenConnection() = default;
  [[nodiscard]] virtual bool is_idle() const = 0;  // nobody waits for an answer
  virtual void close() = 0;
};

// What the connections of a server share.
struct ConnectionContext {
  HttpHandler handler;
  HttpLimits limits;
  net::thread_pool& workers;
  std::unordered_set<OpenConnection*> open;
  std::function<void()> on_last_closed;
  bool stopping = false;
};

// Serves a connection in the background until either side ends it.
void serve_connection(ConnectionContext& context, net::ip::tcp::socket socket, HostPolicy hosts);
void serve_connection(ConnectionContext& context, net::local::stream_protocol::socket socket);

// The whole answer to a connection that is one too many.
[[nodiscard]] std::string busy_answer();

}  // namespace api
