#include "replica/couch_server.hpp"

#include <fmt/core.h>

namespace replica {

namespace http = boost::beast::http;
using Kind = SourceError::Kind;

CouchServer::CouchServer(net::any_io_executor executor, const SourceAddress& address,
                         Timeouts timeouts_of_steps, ClientLimits limits)
    : http(std::make_shared<HttpClient>(executor, address, timeouts_of_steps, limits)),
      timeouts(timeouts_of_steps),
      welcome_turn(executor, 1, 1) {}

namespace {

net::awaitable<ServerInfo> ask_for_welcome(ServerPtr server) {
  Request request;
  request.path = "/";
  Response response = co_await send(server, std::move(request), "");
  const std::string body = co_await response.read_all(tuning::kMaxSmallAnswer);
  const auto info = server->reader.server_info(body);
  if (!info) throw unexpected_response(*server, response, "the answer is no JSON", body);
  co_return *info;
}

}  // namespace

net::awaitable<ServerInfo> server_info_of(ServerPtr server) {
  if (server->known.info) co_return *server->known.info;
  const int failures = server->failures;
  const auto turn = co_await server->welcome_turn.acquire(Semaphore::Hold::kShort);
  if (server->known.info) co_return *server->known.info;
  if (server->failures != failures) std::rethrow_exception(server->last_failure);
  try {
    server->known.info = co_await ask_for_welcome(server);
  } catch (const SourceError&) {
    ++server->failures;
    server->last_failure = std::current_exception();
    throw;
  }
  co_return *server->known.info;
}

net::awaitable<Dialect> dialect_of(ServerPtr server) {
  const ServerInfo info = co_await server_info_of(std::move(server));
  co_return info.dialect;
}

bool speaks_couchdb(Dialect dialect) {
  return dialect == Dialect::kCouchdb || dialect == Dialect::kCozy;
}

std::string database_path(const std::string& database) { return "/" + percent_encode(database); }

std::string document_path(const std::string& database, std::string_view id) {
  std::string path = database_path(database) + "/";
  for (const std::string_view special : {"_local/", "_design/"}) {
    if (!id.starts_with(special)) continue;
    path += special;
    id.remove_prefix(special.size());
    break;
  }
  return path + percent_encode(id);
}

std::string beside_data(const SourceUrl& url, std::string_view path) {
  constexpr std::string_view kData = "/data";
  std::string_view instance = url.prefix;
  if (instance.ends_with(kData)) instance.remove_suffix(kData.size());
  return std::string(instance).append(path);
}

std::chrono::milliseconds max_silence(const Timeouts& timeouts) {
  return timeouts.heartbeat * 5 / 2;
}

bool is_unknown_route(int status) {
  return status == http_status::kNotFound || status == http_status::kMethodNotAllowed ||
         status == http_status::kNotImplemented;
}

namespace {

// chttpd:error_info of timeout and nodedown.
bool is_cluster_failure(const ErrorResponse& refused) {
  if (refused.status != http_status::kInternalServerError) return false;
  const auto verdict = AnswerReader().verdict(refused.body);
  return verdict && (verdict->error == "timeout" || verdict->error == "nodedown");
}

// What a server says, fit for one line of ours.
std::string one_line(std::string_view text) {
  constexpr std::size_t kMax = 300;  // bytes
  std::string line;
  for (const char c : text.substr(0, kMax)) line += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  if (text.size() <= kMax) return line;
  // The last character may be cut: it goes.
  while (!line.empty() && (line.back() & 0xC0) == 0x80) line.pop_back();
  if (!line.empty() && (line.back() & 0x80) != 0) line.pop_back();
  return line;
}

// " (error: reason)", or nothing.
std::string reason_in(AnswerReader& reader, std::string_view body) {
  const auto verdict = reader.verdict(body);
  if (!verdict || verdict->error.empty()) return {};
  if (verdict->reason.empty()) return fmt::format(" ({})", one_line(verdict->error));
  return fmt::format(" ({}: {})", one_line(verdict->error), one_line(verdict->reason));
}

// Where a redirection points to: no credentials, no query.
std::string target_of(std::string_view location) {
  std::string target;
  for (const char c : location.substr(0, location.find_first_of("?#"))) {
    if (c > ' ' && c <= '~') target += c;
  }
  const auto host = target.find("//");
  const auto end_of_host = target.find('/', host == std::string::npos ? 0 : host + 2);
  const auto at = target.substr(0, end_of_host).rfind('@');
  if (host != std::string::npos && at != std::string::npos) target.erase(host + 2, at - host - 1);
  return one_line(target);
}

bool is_web_page(std::string_view body) {
  const auto first = body.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  return first != std::string_view::npos && body[first] == '<';
}

struct Explanation {
  Kind kind;
  std::string what;
  std::string advice;
};

Explanation explain_unauthorized(const CouchServer& server, const std::string& database) {
  if (!server.http->token().empty())
    return {Kind::kUnauthorized, "the token was refused", "is it still valid?"};
  const std::string& user = server.http->user();
  // To a request without user CouchDB answers 401 where a user would get 403.
  if (user.empty() && !database.empty())
    return {Kind::kForbidden, "a request without user was refused", "set user in its [[source]]"};
  const std::string who = user.empty() ? "a request without user" : fmt::format("user '{}'", user);
  return {Kind::kUnauthorized, who + " was refused", "check user and its password"};
}

Explanation explain_forbidden(const CouchServer& server) {
  return {Kind::kForbidden, "access is forbidden",
          server.http->token().empty()
              ? "add the user to the database's members, or wait when it is locked"
              : "the token needs the permission to read all of the doctype"};
}

Explanation explain_not_found(const std::string& database) {
  return {Kind::kNotFound, "not found",
          database.empty() ? "is this the url of a CouchDB?"
                           : fmt::format("is there a database '{}' at the source?", database)};
}

Explanation explain_redirection(const ErrorResponse& refused) {
  const std::string target = target_of(refused.location);
  return {Kind::kProtocol, "the server points elsewhere" + (target.empty() ? "" : ", to " + target),
          "if that is where the source is, write it into its url"};
}

Explanation explain(const CouchServer& server, const std::string& database,
                    const ErrorResponse& refused) {
  switch (refused.status) {
    case http_status::kUnauthorized:
      return explain_unauthorized(server, database);
    case http_status::kForbidden:
      return explain_forbidden(server);
    case http_status::kNotFound:
      return explain_not_found(database);
    case http_status::kMethodNotAllowed:
    case http_status::kNotImplemented:
      return {Kind::kProtocol, "the server has no such route", "is it a CouchDB?"};
    case http_status::kRequestTimeout:
      return {Kind::kTimeout, "the server waited too long for the request",
              "check the network and the proxies in between"};
    case http_status::kContentTooLarge:
      return {Kind::kTooLarge, "the request is too large for the server",
              "see its max_document_size and max_http_request_size"};
    case http_status::kTooManyRequests:
      return {Kind::kServer, "the server wants to be asked more slowly", "it goes on by itself"};
    case http_status::kBadGateway:
    case http_status::kGatewayTimeout:
      return {Kind::kServer, "a proxy did not get an answer from the server",
              "is the server running?"};
    case http_status::kServiceUnavailable:
      return {Kind::kServer, "the server is overloaded or being maintained",
              "it goes on by itself"};
    default:
      break;
  }
  if (http_status::is_redirection(refused.status)) return explain_redirection(refused);
  if (is_cluster_failure(refused)) {
    return {Kind::kCluster, "nodes of the server's cluster did not answer",
            "it goes on by itself when they do"};
  }
  if (http_status::is_server_error(refused.status))
    return {Kind::kServer, "the server failed", "see its log"};
  return {Kind::kProtocol, "unexpected answer", "is this the url of a CouchDB?"};
}

}  // namespace

net::awaitable<ErrorResponse> read_error_response(Response& response) {
  ErrorResponse refused;
  refused.status = response.status();
  refused.location = response.field(http::field::location);
  refused.retry_after = response.retry_after();
  refused.body = co_await response.read_beginning(tuning::kMaxRefusalText);
  co_return refused;
}

SourceError to_source_error(const CouchServer& server, const std::string& location,
                            const std::string& database, const ErrorResponse& refused) {
  AnswerReader reader;
  const Explanation why = explain(server, database, refused);
  return {why.kind, refused.status,
          fmt::format("{}: {} ({}){}: {}", location, why.what, refused.status,
                      reason_in(reader, refused.body), why.advice),
          refused.retry_after};
}

SourceError unexpected_response(CouchServer& server, const Response& response,
                                std::string_view what, std::string_view body) {
  const int status = response.status();
  const std::string reason = reason_in(server.reader, body);
  if (!reason.empty()) {
    return {Kind::kServer, status,
            fmt::format("{}: the server failed in the middle of its answer{}: see its log",
                        response.location(), reason)};
  }
  if (is_web_page(body)) {
    return {
        Kind::kProtocol, status,
        fmt::format("{}: the answer is a web page: is this the url of a CouchDB? Or does a proxy "
                    "or a login page answer in its place?",
                    response.location())};
  }
  return {Kind::kProtocol, status,
          fmt::format("{}: {}: is this the url of a CouchDB?", response.location(), what)};
}

net::awaitable<Response> send(ServerPtr server, Request request, std::string database) {
  Response response = co_await server->http->send(std::move(request));
  if (!http_status::is_success(response.status())) {
    const ErrorResponse refused = co_await read_error_response(response);
    throw to_source_error(*server, response.location(), database, refused);
  }
  co_return response;
}

}  // namespace replica
