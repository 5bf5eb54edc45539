#include "api/http_message.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/ip/network_v6.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http.hpp>
#include <ctime>
#include <fmt/format.h>

#include "api/errors.hpp"
#include "api/percent.hpp"
#include "api/text_list.hpp"
#include "mail/ascii.hpp"

namespace api {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace ip = boost::asio::ip;

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

bool has_field(const HttpResponse& response, std::string_view name) {
  return std::any_of(response.fields.begin(), response.fields.end(),
                     [&](const auto& field) { return field.first == name; });
}

bool was_passed_on(const RequestMessage& message) {
  return message.count(http::field::forwarded) + message.count(http::field::via) +
             message.count("X-Forwarded-For") >
         0;
}

// The answer to a CORS preflight of an allowed origin: the methods and header fields it may use.
HttpResponse what_pages_may() {
  HttpResponse response;
  response.status = 204;
  response.fields = {
      {"Access-Control-Allow-Methods", "GET, HEAD, POST, DELETE"},
      {"Access-Control-Allow-Headers", "Authorization, Content-Type, Accept, Last-Event-ID"},
      {"Access-Control-Max-Age", "600"}};
  return response;
}

// False when its percent-encoding is wrong.
bool read_query(std::string_view query, HttpRequest& request) {
  for (const std::string_view pair : split_list(query, '&')) {
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), Plus::kIsSpace);
    auto value = percent_decode(equals == pair.npos ? "" : pair.substr(equals + 1), Plus::kIsSpace);
    if (!name || !value) return false;
    request.query.emplace(std::move(*name), std::move(*value));
  }
  return true;
}

}  // namespace

bool HostPolicy::allows(std::string_view host_field) const {
  if (any) return true;
  const std::string_view host = without_port(host_field);
  return beast::iequals(host, "localhost") || host == "127.0.0.1" || host == "[::1]" ||
         beast::iequals(host, listen_host);
}

bool HostPolicy::allows_origin(std::string_view origin) const {
  return std::find(cors_origins.begin(), cors_origins.end(), origin) != cors_origins.end();
}

std::string response_head(const HttpResponse& response, Framing framing) {
  std::string head;
  head.reserve(768);
  fmt::format_to(std::back_inserter(head), "HTTP/1.1 {} {}\r\n", response.status,
                 std::string_view(http::obsolete_reason(
                     http::int_to_status(static_cast<unsigned>(response.status)))));
  append_field(head, "Date", http_date());
  if (response.status != 204) {
    append_field(head, "Content-Type", response.content_type);
    if (framing != Framing::kEndless)
      append_field(head, "Content-Length", std::to_string(response.payload.size()));
  }
  append_field(head, "Connection", framing == Framing::kKeepAlive ? "keep-alive" : "close");
  append_field(head, "X-Content-Type-Options", "nosniff");
  append_field(head, "Referrer-Policy", "no-referrer");
  append_field(head, "Cross-Origin-Resource-Policy", "same-origin");
  for (const auto& [name, value] : response.fields) append_field(head, name, value);
  if (!has_field(response, "Content-Security-Policy"))
    append_field(head, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  if (!has_field(response, "Cache-Control")) append_field(head, "Cache-Control", "no-store");
  head += "\r\n";
  return head;
}

void add_cors(HttpResponse& response, const HostPolicy& policy, std::string_view origin) {
  if (policy.cors_origins.empty()) return;
  response.fields.emplace_back("Vary", "Origin");
  if (!policy.allows_origin(origin)) return;
  response.fields.emplace_back("Access-Control-Allow-Origin", std::string(origin));
  response.fields.emplace_back("Access-Control-Expose-Headers",
                               "Content-Disposition, Location, Retry-After, WWW-Authenticate");
}

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
std::optional<HttpResponse> answer_before_all(const RequestMessage& message,
                                              const HostPolicy& policy) {
  const std::string_view host = message[http::field::host];
  const auto hosts = message.count(http::field::host);
  if (hosts > 1 || (message.version() >= 11 && hosts == 0))
    return error_response(400, "badRequest", "an HTTP/1.1 request must have one Host field");
  if (!host.empty() && !policy.allows(host)) {
    return error_response(
        421, "wrongHost",
        fmt::format(
            "this server is open to its own machine only, and is not called '{}'; ask it as "
            "localhost, 127.0.0.1 or [::1], or let it listen with access tokens",
            without_port(host)));
  }
  if (!policy.any && was_passed_on(message)) {
    return error_response(403, "passedOn",
                          "this server is open to its own machine, and a proxy passed this on: set "
                          "http.open_on_loopback = false, and give out access tokens");
  }
  const std::string_view origin = message[http::field::origin];
  if (policy.allows_origin(origin)) {
    const bool is_preflight = message.method() == http::verb::options &&
                              message.count(http::field::access_control_request_method) > 0;
    return is_preflight ? std::optional(what_pages_may()) : std::nullopt;
  }
  const bool reads = message.method() == http::verb::get || message.method() == http::verb::head;
  if (!reads && !origin.empty() &&
      !mail::lower_ascii(origin).ends_with("://" + mail::lower_ascii(host))) {
    return error_response(403, "crossOrigin", "a web page of another origin may not ask for this");
  }
  return std::nullopt;
}

std::optional<HttpRequest> read_request(RequestMessage&& message) {
  HttpRequest request;
  std::string_view target = message.target();
  if (const auto scheme = target.find("://"); !target.starts_with('/') && scheme != target.npos) {
    const auto path = target.find('/', scheme + 3);
    target = path == target.npos ? "/" : target.substr(path);
  }
  const auto question = target.find('?');
  request.path = target.substr(0, question);
  if (question != target.npos && !read_query(target.substr(question + 1), request))
    return std::nullopt;
  request.method =
      message.method() == http::verb::head ? "GET" : std::string(message.method_string());
  request.accept = message[http::field::accept];
  request.content_type = message[http::field::content_type];
  request.authorization = message[http::field::authorization];
  request.last_event_id = message["Last-Event-ID"];
  request.payload = std::move(message.body());
  return request;
}

std::string client_of(const ip::address& address) {
  if (address.is_v4()) return address.to_string();
  const auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, v6).to_string();
  return ip::network_v6(v6, 64).canonical().to_string();
}

std::string busy_answer() {
  HttpResponse response =
      error_response(503, "tooManyConnections", "too many connections are open; try again later");
  response.fields.emplace_back("Retry-After", "1");
  return response_head(response, Framing::kClose) + response.payload;
}

}  // namespace api
