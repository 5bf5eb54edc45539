// HTTP over TCP and over a Unix socket: reads requests within limits, hands them to a handler on a worker, writes answers.
// Knows nothing of mail.
#pragma once

#include <boost/asio/thread_pool.hpp>
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
  std::string method;
  std::string path;                                     // percent-decoded segments are the router's to take apart
  std::multimap<std::string, std::string> query;        // decoded
  std::string accept;
  std::string payload;
  bool from_admin_socket = false;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string payload;
  std::vector<std::pair<std::string, std::string>> fields;  // further header fields
};

// Runs on a worker; must not throw.
using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

class HttpServer {
 public:
  HttpServer(HttpHandler handler, unsigned workers);
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
