// One connection of the HTTP server, and what all of them share. Everything here runs on the
// server's one io thread.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "api/http_message.hpp"
#include "api/http_server.hpp"
#include "api/worker_slots.hpp"

namespace api {

namespace net = boost::asio;

class OpenConnection {
 public:
  using Clock = std::chrono::steady_clock;
  virtual ~OpenConnection() = default;
  [[nodiscard]] virtual bool is_idle() const = 0;  // no request is under way
  // Since when the server waits for a request here, or for the rest of one. Nothing while it
  // answers, and once the connection is closed.
  [[nodiscard]] virtual std::optional<Clock::time_point> waits_since() const = 0;
  [[nodiscard]] virtual bool is_ending() const = 0;  // closed, or its listener or the server stops
  virtual void close() = 0;
  virtual void wake() = 0;  // so that it notices that it is ending
};

// What the connections to one address share.
struct ListenerPolicy {
  HostPolicy hosts;
  bool is_closed = false;  // its connections end, after the answer that is under way
};

// What the connections of a server share.
struct ConnectionContext {
  HttpHandler handler;
  HttpLimits limits;
  // A request keeps the threads that it began on.
  std::shared_ptr<net::thread_pool> workers;
  WorkerSlots worker_slots;
  std::unordered_set<OpenConnection*> open;
  // Open connections by HttpRequest::client.
  std::unordered_map<std::string, std::size_t> of_client;
  std::function<void()> on_last_closed;
  bool stopping = false;
};

// Serves a connection in the background until either side ends it. With `tls` it begins with a
// handshake.
void serve_connection(ConnectionContext& context, net::ip::tcp::socket socket,
                      std::shared_ptr<const ListenerPolicy> listener,
                      const std::shared_ptr<net::ssl::context>& tls, std::string client);
void serve_connection(ConnectionContext& context, net::local::stream_protocol::socket socket);

}  // namespace api
