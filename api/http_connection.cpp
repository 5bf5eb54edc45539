#include "api/http_connection.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <ctime>
#include <fmt/format.h>

#include "api/errors.hpp"
#include "api/percent.hpp"

namespace api {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using Request = http::request<http::string_body>;

// A reader slower than this is cut off (a long answer has longer).
constexpr std::size_t kSlowestReaderBytesPerSecond = 16 << 10;
constexpr std::chrono::seconds kWriteTime{30};
// After an answer that ends the connection, what the client still sends is read and dropped for this long: closing on
// unread bytes would reset the connection and could take the answer with it.
constexpr std::chrono::seconds kLingerTime{2};
constexpr std::size_t kLingerBytes = 16 << 20;
constexpr std::size_t kReadBytes = 4 << 10;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

void append_field(std::string& head, std::string_view name, std::string_view value) {
  head += name;
  head += ": ";
  for (const char c : value) head += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  head += "\r\n";
}

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 40> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

std::string response_head(const HttpResponse& response, bool keep_alive) {
  std::string head;
  head.reserve(512);
  fmt::format_to(std::back_inserter(head), "HTTP/1.1 {} {}\r\n", response.status,
                 std::string_view(http::obsolete_reason(
                     http::int_to_status(static_cast<unsigned>(response.status)))));
  append_field(head, "Date", http_date());
  append_field(head, "Content-Type", response.content_type);
  append_field(head, "Content-Length", std::to_string(response.payload.size()));
  append_field(head, "Connection", keep_alive ? "keep-alive" : "close");
  append_field(head, "X-Content-Type-Options", "nosniff");
  append_field(head, "Referrer-Policy", "no-referrer");
  bool says_what_to_cache = false;
  for (const auto& field : response.fields) {
    says_what_to_cache = says_what_to_cache || field.first == "Cache-Control";
    append_field(head, field.first, field.second);
  }
  if (!says_what_to_cache) append_field(head, "Cache-Control", "no-store");
  head += "\r\n";
  return head;
}

// The answer to what could not be read as a request; nothing when nobody waits for one.
std::optional<HttpResponse> refusal_of(const beast::error_code& error, const HttpLimits& limits) {
  if (error == http::error::end_of_stream || error == http::error::partial_message)
    return std::nullopt;
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return error_response(431, "headerTooLarge",
                          fmt::format("the request line and header fields may have {} bytes in all",
                                      limits.header_bytes));
  }
  if (error == http::error::body_limit) {
    return error_response(
        413, "payloadTooLarge",
        fmt::format("the payload of a request may have {} bytes", limits.payload_bytes));
  }
  if (error.category() != beast::error_code(http::error::bad_method).category())
    return std::nullopt;
  return error_response(400, "badRequest", "this is not an HTTP/1.1 request: " + error.message());
}

// A web page elsewhere can make a browser send us requests, but not with a forged Host or Origin.
std::optional<HttpResponse> refusal_of(const Request& message, const HostPolicy& hosts) {
  const std::string_view host = message[http::field::host];
  if (message.version() >= 11 && message.find(http::field::host) == message.end()) {
    return error_response(400, "badRequest", "an HTTP/1.1 request must have a Host field");
  }
  if (!host.empty() && !hosts.allows(host)) {
    return error_response(
        421, "wrongHost",
        fmt::format("this server listens on loopback and is not called '{}'; ask it as localhost, "
                    "127.0.0.1 or [::1]",
                    without_port(host)));
  }
  const std::string_view origin = message[http::field::origin];
  const bool reads = message.method() == http::verb::get || message.method() == http::verb::head;
  if (!reads && !origin.empty() && !lower(origin).ends_with("://" + lower(host))) {
    return error_response(403, "crossOrigin", "a web page of another origin may not ask for this");
  }
  return std::nullopt;
}

// Path and query of the target. False when it is not percent-encoded as it should be.
bool take_target(std::string_view target, HttpRequest& request) {
  if (const auto scheme = target.find("://"); !target.starts_with('/') && scheme != target.npos) {
    const auto path = target.find('/', scheme + 3);
    target = path == target.npos ? "/" : target.substr(path);
  }
  const auto question = target.find('?');
  request.path = target.substr(0, question);
  std::string_view rest = question == target.npos ? "" : target.substr(question + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), Plus::kIsSpace);
    auto value = percent_decode(equals == pair.npos ? "" : pair.substr(equals + 1), Plus::kIsSpace);
    if (!name || !value) return false;
    request.query.emplace(std::move(*name), std::move(*value));
  }
  return true;
}

net::awaitable<HttpResponse> call_handler(const HttpHandler& handler, const HttpRequest& request) {
  co_return handler(request);
}

template <typename Protocol>
class Connection : public OpenConnection {
 public:
  Connection(ConnectionContext& context, typename Protocol::socket socket, HostPolicy hosts,
             bool is_admin_socket)
      : context_(context),
        stream_(std::move(socket)),
        hosts_(std::move(hosts)),
        is_admin_socket_(is_admin_socket),
        buffer_(context.limits.header_bytes + kReadBytes) {
    context_.open.insert(this);
  }
  ~Connection() override {
    context_.open.erase(this);
    if (context_.open.empty() && context_.on_last_closed) context_.on_last_closed();
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] bool is_idle() const override { return idle_; }
  void close() override { stream_.close(); }

  net::awaitable<void> serve() {
    while (!context_.stopping) {
      const bool is_asked = co_await wait_for_request();
      if (!is_asked) co_return;
      const bool stays_open = co_await serve_one();
      if (!stays_open) co_return;
    }
  }

 private:
  // False when none came in time.
  net::awaitable<bool> wait_for_request() {
    if (buffer_.size() > 0) co_return true;
    idle_ = true;
    stream_.expires_after(context_.limits.idle);
    beast::error_code error;
    buffer_.commit(co_await stream_.async_read_some(
        buffer_.prepare(kReadBytes), net::redirect_error(net::use_awaitable, error)));
    idle_ = false;
    co_return !error;
  }

  // Reads a request and answers it. False when the connection is over.
  net::awaitable<bool> serve_one() {
    http::request_parser<http::string_body> parser;
    parser.header_limit(context_.limits.header_bytes);
    parser.body_limit(context_.limits.payload_bytes);
    if (const auto error = co_await read(parser)) {
      if (const auto refusal = refusal_of(error, context_.limits))
        co_await answer_and_end(*refusal);
      co_return false;
    }
    const bool keep_alive = parser.get().keep_alive();
    const bool is_head = parser.get().method() == http::verb::head;
    const HttpResponse response = co_await respond(parser.release());
    if (keep_alive && !context_.stopping) co_return co_await write(response, is_head, true);
    co_await answer_and_end(response, is_head);
    co_return false;
  }

  net::awaitable<beast::error_code> read(http::request_parser<http::string_body>& parser) {
    beast::error_code error;
    stream_.expires_after(context_.limits.header_read);
    co_await http::async_read_header(stream_, buffer_, parser,
                                     net::redirect_error(net::use_awaitable, error));
    if (error) co_return error;
    stream_.expires_after(context_.limits.payload_read);
    if (!parser.is_done() && beast::iequals(parser.get()[http::field::expect], "100-continue")) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      co_await net::async_write(stream_, net::buffer(kContinue),
                                net::redirect_error(net::use_awaitable, error));
      if (error) co_return error;
    }
    if (!parser.is_done()) {
      co_await http::async_read(stream_, buffer_, parser,
                                net::redirect_error(net::use_awaitable, error));
    }
    co_return error;
  }

  net::awaitable<HttpResponse> respond(Request message) {
    if (!is_admin_socket_) {
      if (auto refusal = refusal_of(message, hosts_)) co_return std::move(*refusal);
    }
    HttpRequest request;
    if (!take_target(message.target(), request)) {
      co_return error_response(
          400, "badRequest",
          "the query of the URL is not percent-encoded: '%' needs two hex digits");
    }
    request.method =
        message.method() == http::verb::head ? "GET" : std::string(message.method_string());
    request.accept = message[http::field::accept];
    request.content_type = message[http::field::content_type];
    request.payload = std::move(message.body());
    request.from_admin_socket = is_admin_socket_;
    stream_.expires_never();
    co_return co_await net::co_spawn(context_.workers.get_executor(),
                                     call_handler(context_.handler, request), net::use_awaitable);
  }

  net::awaitable<bool> write(const HttpResponse& response, bool is_head, bool keep_alive) {
    const std::string head = response_head(response, keep_alive);
    const std::string_view payload =
        is_head ? std::string_view() : std::string_view(response.payload);
    const std::array<net::const_buffer, 2> buffers{net::buffer(head), net::buffer(payload)};
    stream_.expires_after(kWriteTime +
                          std::chrono::seconds(payload.size() / kSlowestReaderBytesPerSecond));
    beast::error_code error;
    co_await net::async_write(stream_, buffers, net::redirect_error(net::use_awaitable, error));
    co_return !error;
  }

  net::awaitable<void> answer_and_end(const HttpResponse& response, bool is_head = false) {
    if (!co_await write(response, is_head, false)) co_return;
    beast::error_code error;
    stream_.socket().shutdown(Protocol::socket::shutdown_send, error);
    stream_.expires_after(kLingerTime);
    idle_ = true;
    std::array<char, kReadBytes> dropped;
    for (std::size_t bytes = 0; !error && bytes < kLingerBytes;) {
      bytes += co_await stream_.async_read_some(net::buffer(dropped),
                                                net::redirect_error(net::use_awaitable, error));
    }
  }

  ConnectionContext& context_;
  beast::basic_stream<Protocol> stream_;
  HostPolicy hosts_;
  bool is_admin_socket_;
  bool idle_ = false;
  beast::flat_buffer buffer_;
};

template <typename Protocol>
net::awaitable<void> serve(std::unique_ptr<Connection<Protocol>> connection) {
  co_await connection->serve();
}

template <typename Protocol>
void spawn(ConnectionContext& context, typename Protocol::socket socket, HostPolicy hosts,
           bool is_admin_socket) {
  const auto executor = socket.get_executor();
  net::co_spawn(executor,
                serve(std::make_unique<Connection<Protocol>>(context, std::move(socket),
                                                             std::move(hosts), is_admin_socket)),
                net::detached);
}

}  // namespace

bool HostPolicy::allows(std::string_view host_field) const {
  if (any) return true;
  const std::string_view host = without_port(host_field);
  return beast::iequals(host, "localhost") || host == "127.0.0.1" || host == "[::1]" ||
         beast::iequals(host, listen_host);
}

void serve_connection(ConnectionContext& context, net::ip::tcp::socket socket, HostPolicy hosts) {
  boost::system::error_code ignored;
  socket.set_option(net::ip::tcp::no_delay(true), ignored);
  spawn<net::ip::tcp>(context, std::move(socket), std::move(hosts), false);
}

void serve_connection(ConnectionContext& context, net::local::stream_protocol::socket socket) {
  spawn<net::local::stream_protocol>(context, std::move(socket), HostPolicy{}, true);
}

std::string busy_answer() {
  HttpResponse response =
      error_response(503, "tooManyConnections", "too many connections are open; try again later");
  response.fields.emplace_back("Retry-After", "1");
  return response_head(response, false) + response.payload;
}

}  // namespace api
