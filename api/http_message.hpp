// What stands in HTTP messages: heads of answers, what of a request is refused before anybody looks at it, and which web pages
// may read answers. Does no input and output.
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

// Which names a listener may be called by, and from which web pages.
struct HostPolicy {
  bool any = true;  // a token is needed anyway; else loopback names and `listen_host` only
  std::string listen_host;  // IPv6 in brackets
  std::vector<std::string> cors_origins;

  [[nodiscard]] bool allows(std::string_view host_field) const;
  [[nodiscard]] bool allows_origin(std::string_view origin) const;
};

enum class Framing {
  kKeepAlive,
  kClose,
  kEndless
};  // kEndless: the payload ends with the connection

[[nodiscard]] std::string response_head(const HttpResponse& response, Framing framing);

// Fields that let the page which asked read the answer, where its origin is allowed.
void add_cors(HttpResponse& response, const HostPolicy& policy, std::string_view origin);

// The answer to what could not be read as a request; nothing when nobody waits for one.
[[nodiscard]] std::optional<HttpResponse> refusal_of(const boost::beast::error_code& error,
                                                     const HttpLimits& limits);
// The answer to a request that goes no further: a web page elsewhere made it up, or asks what it may.
[[nodiscard]] std::optional<HttpResponse> answer_before_all(const RequestMessage& message,
                                                            const HostPolicy& policy);

// Nothing when the target is not percent-encoded as it should be. Takes the payload.
[[nodiscard]] std::optional<HttpRequest> read_request(RequestMessage&& message);

// What HttpRequest::client is for somebody at this address.
[[nodiscard]] std::string client_of(const boost::asio::ip::address& address);

// The whole answer to a connection that is one too many.
[[nodiscard]] std::string busy_answer();

}  // namespace api
