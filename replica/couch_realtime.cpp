// cozy-stack's /realtime/ (docs.cozy.io/en/cozy-stack/realtime): a WebSocket that tells which doctypes moved.
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <fmt/core.h>

#include "replica/couch_routes.hpp"
#include "replica/json_string.hpp"

namespace replica {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;
using net::redirect_error;
using net::use_awaitable;
using Kind = SourceError::Kind;

namespace {

std::string message(std::string_view method, std::string_view payload) {
  return fmt::format(R"({{"method":"{}","payload":{}}})", method, payload);
}

std::vector<std::string> messages(const CouchServer& server, const WatchQuery& query) {
  std::vector<std::string> messages;
  std::string token;
  append_json_string(token, server.http->token());
  messages.push_back(message("AUTH", token));
  for (const std::string& doctype : query.doctypes) {
    std::string type;
    append_json_string(type, doctype);
    messages.push_back(message("SUBSCRIBE", fmt::format(R"({{"type":{}}})", type)));
  }
  return messages;
}

// What the server writes into the conversation instead of an event. Its copy of what we sent holds the token.
SourceError error_of_event(const std::string& location, int status, const std::string& title) {
  Kind kind = Kind::kProtocol;
  if (status == http_status::kUnauthorized) kind = Kind::kUnauthorized;
  if (status == http_status::kForbidden) kind = Kind::kForbidden;
  if (status == http_status::kNotFound) kind = Kind::kNotFound;
  if (http_status::is_server_error(status)) kind = Kind::kServer;
  return {kind, status,
          fmt::format("{}: {} ({}): check the token and its permissions", location,
                      title.empty() ? "the server refuses" : title, status)};
}

// `Layer`: the connection, plain or TLS.
template <typename Layer>
net::awaitable<void> run_websocket(ServerPtr server, HttpConnection& connection, Layer& layer,
                                   const WatchQuery& query,
                                   const std::function<void(const FeedEvent&)>& on_event) {
  const SourceUrl& url = server->http->url();
  const std::string path = beside_data(url, "/realtime/");
  const std::string location = url.origin + path;

  websocket::stream<Layer&> stream(layer);
  // It asks for signs of life itself, and gives up when none comes.
  stream.set_option(websocket::stream_base::timeout{server->timeouts.connect,
                                                    max_silence(server->timeouts), true});
  const auto set_fields = [](websocket::request_type& request) {
    request.set(http::field::user_agent, "davenport/" DAVENPORT_VERSION);
    request.set(http::field::sec_websocket_protocol, "io.cozy.websocket");
  };
  stream.set_option(websocket::stream_base::decorator(set_fields));
  stream.read_message_max(tuning::kMaxRowBytes);

  error_code error;
  const auto check = [&] {
    if (error == beast::error::timeout)
      throw SourceError(Kind::kTimeout, 0, location + ": the server gives no sign of life");
    if (error) connection.fail_to_read(error);
  };
  websocket::response_type response;
  co_await stream.async_handshake(response, std::string(url.authority()), path,
                                  redirect_error(use_awaitable, error));
  if (error == websocket::error::upgrade_declined) {
    ErrorResponse refused;
    refused.status = static_cast<int>(response.result_int());
    refused.location = std::string(response[http::field::location]);
    refused.body = response.body();
    throw to_source_error(*server, location, "", refused);
  }
  check();
  for (const std::string& text : messages(*server, query)) {
    co_await stream.async_write(net::buffer(text), redirect_error(use_awaitable, error));
    check();
  }
  if (query.on_open) query.on_open();

  beast::flat_buffer buffer;
  for (;;) {
    co_await stream.async_read(buffer, redirect_error(use_awaitable, error));
    if (error == websocket::error::closed) co_return;
    check();
    const auto data = buffer.cdata();
    const auto event =
        server->reader.realtime_event({static_cast<const char*>(data.data()), data.size()});
    if (!event) {
      throw SourceError(Kind::kProtocol, 0,
                        fmt::format("{}: a message of the server is no JSON", location));
    }
    if (event->status == http_status::kUnauthorized && server->http->renew_login()) co_return;
    if (event->status != 0) throw error_of_event(location, event->status, event->title);
    on_event({event->doctype, false});
    buffer.consume(buffer.size());
  }
}

}  // namespace

net::awaitable<WatchQuery> watch_realtime(ServerPtr server, WatchQuery query,
                                          std::function<void(const FeedEvent&)> on_event) {
  HttpClient::DedicatedConnection dedicated = co_await server->http->connect();
  HttpConnection& connection = *dedicated.connection;
  co_await connection.on_stream(
      [&](auto& stream) { return run_websocket(server, connection, stream, query, on_event); });
  co_return query;
}

}  // namespace replica
