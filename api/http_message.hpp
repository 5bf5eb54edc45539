// Reads and writes parts of HTTP messages: heads of answers, requests that are refused before they
// are handled, and which web pages may read answers (CORS). Does no input or output.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http_server.hpp"

namespace api {

using RequestMessage = boost::beast::http::request<boost::beast::http::string_body>;

// The values of `Host` and `Origin` that a listener accepts.
struct HostPolicy {
  // Every host, since a token is needed anyway; else loopback names and `listen_host` only.
  bool any = true;
  std::string listen_host;  // IPv6 in brackets
  std::vector<std::string> cors_origins;

  [[nodiscard]] bool allows(std::string_view host_field) const;
  [[nodiscard]] bool allows_origin(std::string_view origin) const;
};

// kEndless: the payload ends with the connection.
enum class Framing { kKeepAlive, kClose, kEndless };

[[nodiscard]] std::string response_head(const HttpResponse& response, Framing framing);

// Adds the CORS fields that let a page of an allowed origin read the answer.
void add_cors(HttpResponse& response, const HostPolicy& policy, std::string_view origin);

// The answer to a request that could not be read; nothing when the client does not wait for one.
[[nodiscard]] std::optional<HttpResponse> refusal_of(const boost::beast::error_code& error,
                                                     const HttpLimits& limits);
// The answer to a request that no handler sees: one that a foreign web page made up, or a CORS
// preflight. Else nothing.
[[nodiscard]] std::optional<HttpResponse> answer_before_all(const RequestMessage& message,
                                                            const HostPolicy& policy);

// Nothing when the target's percent-encoding is wrong. Moves the payload out of `message`.
[[nodiscard]] std::optional<HttpRequest> read_request(RequestMessage&& message);

// The value of HttpRequest::client for a client at this address.
[[nodiscard]] std::string client_of(const boost::asio::ip::address& address);

// The complete 503 answer to a connection over the limit.
[[nodiscard]] std::string busy_answer();

}  // namespace api
