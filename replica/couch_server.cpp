#include "replica/couch_server.hpp"

#include <fmt/core.h>

namespace replica {

namespace http = boost::beast::http;
using Kind = SourceError::Kind;

CouchServer::CouchServer(net::any_io_executor executor, const SourceAddress& address,
                         Timeouts timeouts_of_steps, ClientLimits limits)
    : http(std::make_shared<HttpClient>(executor, address, timeouts_of_steps, limits)),
      user(address.user),
      token(address.token),
      timeouts(timeouts_of_steps),
      asking(executor, 1, 1) {}

net::awaitable<ServerInfo> server_info_of(ServerPtr server) {
  if (server->known.info) co_return *server->known.info;
  const auto turn = co_await server->asking.take(Places::Stay::kShort);
  if (server->known.info) co_return *server->known.info;
  Ask ask;
  ask.path = "/";
  Answer answer = co_await send(server, std::move(ask), "");
  const std::string body = co_await answer.read_all(tuning::kMaxSmallAnswer);
  const auto info = server->reader.server_info(body);
  if (!info) throw not_understood(*server, answer, "the answer is no JSON", body);
  server->known.info = info;
  co_return *info;
}

net::awaitable<Dialect> dialect_of(ServerPtr server) {
  const ServerInfo info = co_await server_info_of(std::move(server));
  co_return info.dialect;
}

bool speaks_couchdb(Dialect dialect) {
  return dialect == Dialect::kCouchdb || dialect == Dialect::kCozy;
}

net::awaitable<DatabaseInfo> database_info_of(ServerPtr server, std::string database) {
  const bool is_cozy = co_await dialect_of(server) == Dialect::kCozy;
  Ask ask;
  ask.path = database_path(database) + (is_cozy ? "/" : "");
  Answer answer = co_await send(server, std::move(ask), database);
  const std::string body = co_await answer.read_all(tuning::kMaxSmallAnswer);
  auto info = server->reader.database_info(body);
  if (!info) throw not_understood(*server, answer, "the answer does not describe a database", body);
  // cozy-stack tells the name that the database has behind it.
  if (is_cozy || info->name.empty()) info->name = database;
  co_return std::move(*info);
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

std::chrono::milliseconds patience(const Timeouts& timeouts) { return timeouts.heartbeat * 5 / 2; }

bool succeeded(int status) { return status >= 200 && status < 300; }

namespace {

// What a server says, fit for one line of ours.
std::string one_line(std::string_view text) {
  constexpr std::size_t kMax = 300;  // bytes
  std::string line;
  for (const char c : text.substr(0, kMax)) line += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  while (text.size() > kMax && !line.empty() && (line.back() & 0xC0) == 0x80) line.pop_back();
  return line;
}

// " (error: reason)", or nothing.
std::string said(AnswerReader& reader, std::string_view body) {
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

}  // namespace

net::awaitable<Refused> read_refused(Answer& answer) {
  Refused refused;
  refused.status = answer.status();
  refused.location = answer.field(http::field::location);
  refused.retry_after = answer.retry_after();
  refused.body = co_await answer.read_beginning(tuning::kMaxRefusalText);
  co_return refused;
}

SourceError refusal(const CouchServer& server, const std::string& location,
                    const std::string& database, const Refused& refused) {
  AnswerReader reader;
  const std::string reason = said(reader, refused.body);
  const int status = refused.status;
  const auto error = [&](Kind kind, std::string_view what, std::string_view advice) {
    return SourceError(kind, status,
                       fmt::format("{}: {} ({}){}: {}", location, what, status, reason, advice),
                       refused.retry_after);
  };
  if (status >= 300 && status < 400) {
    const std::string target = target_of(refused.location);
    return error(Kind::kProtocol,
                 "the server points elsewhere" + (target.empty() ? "" : ", to " + target),
                 "if that is where the source is, write it into its url");
  }
  switch (status) {
    case 401: {
      if (!server.token.empty())
        return error(Kind::kUnauthorized, "the token was refused", "is it still valid?");
      const std::string who =
          server.user.empty() ? "a request without user" : fmt::format("user '{}'", server.user);
      return error(Kind::kUnauthorized, who + " was refused", "check user and password_file");
    }
    case 403: {
      const std::string_view advice =
          server.token.empty() ? "add the user to the database's members, or wait when it is locked"
                               : "the token needs the permission to read all of the doctype";
      return error(Kind::kForbidden, "access is forbidden", advice);
    }
    case 404:
      return error(Kind::kNotFound, "not found",
                   database.empty()
                       ? std::string("is this the url of a CouchDB?")
                       : fmt::format("is there a database '{}' at the source?", database));
    case 405:
    case 501:
      return error(Kind::kProtocol, "the server has no such route", "is it a CouchDB?");
    case 408:
      return error(Kind::kTimeout, "the server waited too long for the request",
                   "check the network and the proxies in between");
    case 413:
      return error(Kind::kTooLarge, "the request is too large for the server",
                   "see its max_document_size and max_http_request_size");
    case 429:
      return error(Kind::kServer, "the server wants to be asked more slowly",
                   "it goes on by itself");
    case 502:
    case 504:
      return error(Kind::kServer, "a proxy did not get an answer from the server",
                   "is the server running?");
    case 503:
      return error(Kind::kServer, "the server is overloaded or being maintained",
                   "it goes on by itself");
    default:
      break;
  }
  if (status >= 500) return error(Kind::kServer, "the server failed", "see its log");
  return error(Kind::kProtocol, "unexpected answer", "is this the url of a CouchDB?");
}

SourceError not_understood(CouchServer& server, const Answer& answer, std::string_view what,
                           std::string_view body) {
  const int status = answer.status();
  const std::string reason = said(server.reader, body);
  if (!reason.empty()) {
    return {Kind::kServer, status,
            fmt::format("{}: the server failed in the middle of its answer{}: see its log",
                        answer.location(), reason)};
  }
  if (is_web_page(body)) {
    return {
        Kind::kProtocol, status,
        fmt::format("{}: the answer is a web page: is this the url of a CouchDB? Or does a proxy "
                    "or a login page answer in its place?",
                    answer.location())};
  }
  return {Kind::kProtocol, status,
          fmt::format("{}: {}: is this the url of a CouchDB?", answer.location(), what)};
}

net::awaitable<Answer> send(ServerPtr server, Ask ask, std::string database) {
  Answer answer = co_await server->http->send(std::move(ask));
  if (!succeeded(answer.status())) {
    const Refused refused = co_await read_refused(answer);
    throw refusal(*server, answer.location(), database, refused);
  }
  co_return answer;
}

}  // namespace replica
