// HTTP over TCP and over a Unix socket: reads requests within limits, hands them to a handler on a
// worker, writes answers. Knows nothing of mail.
//
// One thread does all input and output. Requests of a connection are answered one after another,
// pipelined ones in order. Two kinds of requests are refused here: unreadable ones, and those that
// a foreign web page made up. On a server that needs no token, Host must be a loopback name (else a
// page could reach it by pointing its own name at 127.0.0.1), and a request that is no GET must not
// come from another origin.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/http_tls.hpp"

namespace api {

struct HttpRequest {
  std::string method;  // a HEAD is given as GET; its payload is not sent
  std::string path;  // percent-decoded segments are the router's to take apart
  std::multimap<std::string, std::string> query;  // decoded
  std::string accept;
  std::string payload;
  bool from_admin_socket = false;
  std::string content_type;
  std::string authorization{};
  // Who asks, as far as addresses tell: an IPv4 address, or the /64 network of an IPv6 one; empty
  // on the admin socket.
  std::string client{};
  std::string last_event_id{};
  bool needs_no_token = false;  // it came to an address of HttpAccess::kOpen
  std::chrono::steady_clock::time_point received{};
  bool is_again = false;  // it was handled before, and put off
};

// Events that a client is sent as they happen, or that a request waits for. `take` is called on the
// io thread, `on_news` at most once.
class EventStream {
 public:
  virtual ~EventStream() = default;
  // What there is to send, and is not there any more afterwards; empty: nothing.
  [[nodiscard]] virtual std::string take() = 0;
  // `wake` is called, on any thread, when there may be something to take, and may be called for
  // nothing. It must not block.
  virtual void on_news(std::function<void()> wake) = 0;
  [[nodiscard]] virtual bool has_ended() const { return false; }  // nothing comes any more
  // Called on a worker, while nothing happens, before the client is told so: may end the stream.
  virtual void check() {}
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string payload;
  std::vector<std::pair<std::string, std::string>> fields;  // further header fields
  // Sent after the head for as long as the client listens; there is no payload then.
  std::shared_ptr<EventStream> events{};
  // Set when the answer has to wait: the request is handled again when `events` (if there are any) has
  // news, at this time at the latest.
  std::optional<std::chrono::steady_clock::time_point> again_at{};
};

// Runs on a worker; must not throw.
using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

// What a client may use up, and how long it may take.
struct HttpLimits {
  std::uint32_t header_bytes = 32 << 10;  // `ids` of a client that follows a list are long
  std::uint64_t payload_bytes = 1 << 20;
  // When all are in use, a new connection replaces the one that has kept the server waiting
  // longest. If none keeps it waiting, the new one gets 503 and is closed.
  std::size_t connections = 4'096;
  std::size_t connections_per_client = 4'096;  // one more gets 503
  std::chrono::milliseconds idle{30'000};
  // From a request's first byte to the end of its fields.
  std::chrono::milliseconds header_read{10'000};
  std::chrono::milliseconds payload_read{30'000};
  // Time to send an answer: `write`, plus its size divided by `slowest_reader_bytes_per_second`.
  std::chrono::milliseconds write{10'000};
  std::size_t slowest_reader_bytes_per_second = 16 << 10;
  std::chrono::milliseconds event_write{10'000};  // for each piece of events
  std::chrono::milliseconds heartbeat{20'000};  // after so long without events
  std::chrono::milliseconds stop{5'000};  // for requests under way when the server stops
};

// kOpen: clients need no token; requests that a proxy passed on, or that a foreign web page made up,
// are then refused.
enum class HttpAccess { kOpen, kByToken };

struct HttpSettings {
  std::string listen = "127.0.0.1:8825";  // port 0: a free one
  HttpAccess access = HttpAccess::kOpen;
  std::optional<TlsFiles> tls{};  // with it, clients have to speak TLS
  unsigned workers = 2;  // threads that the handler runs on
  HttpLimits limits{};
  std::vector<std::string> cors_origins{};
};

class HttpServer {
 public:
  HttpServer(HttpHandler handler, HttpSettings settings);
  ~HttpServer();  // stops

  // Listens at the address of the settings. Returns the port. Throws std::runtime_error when the
  // address is taken, or when the files of `tls` cannot be used.
  std::uint16_t listen_tcp();
  // Creates the socket with mode 0600, in place of one that nobody listens on. Throws
  // std::runtime_error when another process listens there.
  void listen_unix(const std::filesystem::path& socket);
  void start();
  // Takes over other settings, after start(): certificate and key are read again, too. What is under
  // way is answered. Connections stay open, unless the address is another one, or begins or ceases
  // to speak TLS. Returns the port. Throws what listen_tcp throws, and then everything is as before.
  std::uint16_t change(HttpSettings settings);
  void stop();  // no new connections; requests under way are answered, 5 s at most

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace api
