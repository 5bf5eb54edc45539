#include <algorithm>
#include <fmt/core.h>

#include "replica/couch_routes.hpp"
#include "replica/json_string.hpp"

namespace replica {

namespace http = boost::beast::http;

namespace {

// Without a slash at the end, Sync Gateway and cozy-stack have no such route.
std::string path_of_itself(const std::string& database) { return database_path(database) + '/'; }

}  // namespace

net::awaitable<void> create_database_of(ServerPtr server, std::string database) {
  Request request;
  request.method = http::verb::put;
  request.path = path_of_itself(database);
  Response response = co_await server->http->send(std::move(request));
  const ErrorResponse refused = co_await read_error_response(response);
  // A 412 says that it is there already.
  if (!http_status::is_success(response.status()) &&
      response.status() != http_status::kPreconditionFailed) {
    throw to_source_error(*server, response.location(), database, refused);
  }
}

net::awaitable<std::vector<std::string>> all_databases_of(ServerPtr server) {
  const bool is_cozy = co_await dialect_of(server) == Dialect::kCozy;
  Request request;
  request.path = is_cozy ? "/_all_doctypes" : "/_all_dbs";
  Response response = co_await send(server, std::move(request), "");
  const std::string body = co_await response.read_all(tuning::kMaxSmallAnswer);
  auto names = server->reader.names(body);
  if (!names)
    throw unexpected_response(*server, response, "the answer is no list of databases", body);
  co_return std::move(*names);
}

namespace {

net::awaitable<DatabaseInfo> ask_for_info(ServerPtr server, std::string database) {
  const bool is_cozy = co_await dialect_of(server) == Dialect::kCozy;
  Request request;
  request.path = path_of_itself(database);
  Response response = co_await send(server, std::move(request), database);
  const std::string body = co_await response.read_all(tuning::kMaxSmallAnswer);
  auto info = server->reader.database_info(body);
  if (!info)
    throw unexpected_response(*server, response, "the answer does not describe a database", body);
  // cozy-stack tells the name that the database has behind it.
  if (is_cozy || info->name.empty()) info->name = database;
  co_return std::move(*info);
}

std::string keys_json(std::span<const std::string> keys) {
  std::string json = R"({"keys":[)";
  for (const std::string& key : keys) {
    if (json.back() != '[') json += ',';
    append_json_string(json, key);
  }
  return json + "]}";
}

// False when the server has no such route, or not for us.
net::awaitable<bool> ask_dbs_info(ServerPtr server, std::span<const std::string> databases,
                                  std::vector<DatabaseInfo>& infos) {
  Request request;
  request.method = http::verb::post;
  request.path = "/_dbs_info";
  request.body = keys_json(databases);
  Response response = co_await server->http->send(std::move(request));
  if (!http_status::is_success(response.status())) {
    const ErrorResponse refused = co_await read_error_response(response);
    const int status = refused.status;
    const bool may_answer_later =
        status == http_status::kTooManyRequests || status == http_status::kRequestTimeout ||
        (http_status::is_server_error(status) && status != http_status::kNotImplemented);
    if (!may_answer_later) co_return false;
    throw to_source_error(*server, response.location(), "", refused);
  }
  RowScanner scanner(tuning::kMaxRowBytes);
  co_await read_rows(server, response, scanner, [&](const RowScanner::Row& row) {
    if (auto info = server->reader.dbs_info_row(row)) infos.push_back(std::move(*info));
  });
  co_return true;
}

// Whether the server's own list names the database; false where there is none, or not for us.
net::awaitable<bool> is_listed(ServerPtr server, std::string database) {
  const Dialect dialect = co_await dialect_of(server);
  if (dialect != Dialect::kCouchdb) co_return false;
  try {
    std::vector<DatabaseInfo> infos;
    auto& has_dbs_info = server->known.has_dbs_info;
    if (has_dbs_info) has_dbs_info = co_await ask_dbs_info(server, std::span(&database, 1), infos);
    if (has_dbs_info) co_return !infos.empty();
    const auto names = co_await all_databases_of(server);
    co_return std::find(names.begin(), names.end(), database) != names.end();
  } catch (const SourceError&) {
    co_return false;
  }
}

// For a database whose path is not found. Proxies that decode it ask for a document of another database: nothing with a slash is
// there any more, though the server's list names it.
net::awaitable<void> throw_if_path_is_decoded(ServerPtr server, std::string database) {
  if (database.find('/') == std::string::npos) co_return;
  const bool is_there = co_await is_listed(server, database);
  if (!is_there) co_return;
  throw SourceError(
      SourceError::Kind::kProtocol, http_status::kNotFound,
      fmt::format("{}: not found (404), though the source lists it: a proxy before it decodes the "
                  "%2F in {}: with nginx, write proxy_pass without a path (no slash behind the "
                  "port); with Apache, AllowEncodedSlashes NoDecode and ProxyPass with nocanon",
                  database, database_path(database)));
}

net::awaitable<void> ask_one_by_one(ServerPtr server, std::span<const std::string> databases,
                                    std::vector<DatabaseInfo>& infos) {
  const std::size_t before = infos.size();
  for (const std::string& database : databases) {
    try {
      infos.push_back(co_await ask_for_info(server, database));
      infos.back().name = database;  // PouchDB Server's own name for it may be without slashes
    } catch (const SourceError& error) {
      if (error.kind() != SourceError::Kind::kNotFound) throw;
    }
  }
  if (infos.size() == before && !databases.empty())
    co_await throw_if_path_is_decoded(server, databases.front());
}

}  // namespace

net::awaitable<DatabaseInfo> database_info_of(ServerPtr server, std::string database) {
  std::optional<SourceError> not_found;
  try {
    co_return co_await ask_for_info(server, database);
  } catch (const SourceError& error) {
    if (error.kind() != SourceError::Kind::kNotFound) throw;
    not_found = error;
  }
  co_await throw_if_path_is_decoded(server, database);
  throw *not_found;
}

net::awaitable<std::vector<DatabaseInfo>> databases_info_of(ServerPtr server,
                                                            std::vector<std::string> databases) {
  std::vector<DatabaseInfo> infos;
  (void)co_await dialect_of(server);
  for (std::size_t at = 0; at < databases.size(); at += tuning::kDatabasesPerRequest) {
    const auto batch = std::span<const std::string>(databases).subspan(
        at, std::min(tuning::kDatabasesPerRequest, databases.size() - at));
    auto& has_dbs_info = server->known.has_dbs_info;
    if (has_dbs_info) has_dbs_info = co_await ask_dbs_info(server, batch, infos);
    if (!has_dbs_info) co_await ask_one_by_one(server, batch, infos);
  }
  co_return infos;
}

net::awaitable<std::int64_t> count_design_documents_of(ServerPtr server, std::string database) {
  Request request;
  request.path =
      database_path(database) + "/_all_docs?startkey=%22_design/%22&endkey=%22_design0%22";
  Response response = co_await send(server, std::move(request), database);
  const std::string body = co_await response.read_all(tuning::kMaxSmallAnswer);
  const auto rows = server->reader.count_rows(body);
  if (!rows) throw unexpected_response(*server, response, "the answer has no rows", body);
  co_return *rows;
}

net::awaitable<std::vector<std::string>> absent_of(ServerPtr server, std::string database,
                                                   std::vector<std::string> ids) {
  Request request;
  request.method = http::verb::post;
  request.path = database_path(database) + "/_all_docs";
  request.body = keys_json(ids);
  Response response = co_await server->http->send(std::move(request));
  if (!http_status::is_success(response.status())) {
    const ErrorResponse refused = co_await read_error_response(response);
    if (is_unknown_route(refused.status) || refused.status == http_status::kForbidden)
      co_return std::vector<std::string>();
    throw to_source_error(*server, response.location(), database, refused);
  }
  const std::string body = co_await response.read_all(tuning::kMaxSmallAnswer);
  auto absent = server->reader.keys_not_found(body);
  if (!absent) throw unexpected_response(*server, response, "the answer has no rows", body);
  co_return std::move(*absent);
}

net::awaitable<std::optional<std::vector<RevisionsOfDocument>>> purged_of(ServerPtr server,
                                                                          std::string database) {
  // cozy-stack has no such route: there it is the name of a document.
  const bool is_cozy = co_await dialect_of(server) == Dialect::kCozy;
  if (is_cozy || !server->known.has_purged_infos) co_return std::nullopt;
  // Twice: a database that is deleted and made anew has no such route for a moment either.
  constexpr int kTimesAsked = 2;
  for (int asked = 0; asked < kTimesAsked; ++asked) {
    Request request;
    request.path = database_path(database) + "/_purged_infos";
    Response response = co_await server->http->send(std::move(request));
    if (http_status::is_success(response.status()))
      co_return server->reader.purged_infos(co_await response.read_all(tuning::kMaxSmallAnswer));

    const ErrorResponse refused = co_await read_error_response(response);
    if (refused.status == http_status::kForbidden)
      co_return std::nullopt;  // for the database's administrators
    const bool has_no_route =
        is_unknown_route(refused.status) || refused.status == http_status::kBadRequest;
    if (!has_no_route) throw to_source_error(*server, response.location(), database, refused);
    (void)co_await database_info_of(server,
                                    database);  // throws when it is the database that is gone
  }
  server->known.has_purged_infos = false;
  co_return std::nullopt;
}

}  // namespace replica
