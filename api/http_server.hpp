// HTTP over TCP and over a Unix socket: reads requests within limits, hands them to a handler on a worker, writes answers.
// Knows nothing of mail.
//
// One thread does all input and output. Requests of a connection are answered one after another, pipelined ones in order.
// What cannot be read as a request is answered here, as is one that a web page elsewhere made up: on a loopback listener
// the Host must be a loopback name (else a page could reach us by pointing its own name at 127.0.0.1), and a request
// that is no GET must not come from another origin.
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

namespace api {

struct HttpRequest {
  std::string method;  // a HEAD is given as GET; its payload is not sent
  std::string path;  // percent-decoded segments are the router's to take apart
  std::multimap<std::string, std::string> query;  // decoded
  std::string accept;
  std::string payload;
  bool from_admin_socket = false;
  std::string content_type;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string payload;
  std::vector<std::pair<std::string, std::string>> fields;  // further header fields
};

// Runs on a worker; must not throw.
using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

// What a client may use up, and how long it may take.
struct HttpLimits {
  std::uint32_t header_bytes = 8 << 10;
  std::uint64_t payload_bytes = 1 << 20;
  std::size_t connections = 1'024;  // a further one is told 503 and closed
  std::chrono::milliseconds idle{30'000};
  std::chrono::milliseconds header_read{
      10'000};  // from a request's first byte to the end of its fields
  std::chrono::milliseconds payload_read{30'000};
  std::chrono::milliseconds stop{5'000};  // for requests under way when the server stops
};

class HttpServer {
 public:
  HttpServer(HttpHandler handler, unsigned workers, HttpLimits limits = {});
  ~HttpServer();  // stops

  // "127.0.0.1:8825"; port 0 takes a free one. Returns the port. Throws std::runtime_error when the address is taken.
  std::uint16_t listen_tcp(const std::string& address);
  // Replaces a socket that nobody listens on; throws std::runtime_error when another process does. Mode 0600.
  void listen_unix(const std::filesystem::path& socket);
  void start();
  void stop();  // no new connections; requests under way are answered, 5 s at most

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace api
