#include <algorithm>

#include "replica/couch_routes.hpp"

namespace replica {

namespace http = boost::beast::http;

net::awaitable<void> create_database_of(ServerPtr server, std::string database) {
  const bool is_cozy = co_await dialect_of(server) == Dialect::kCozy;
  Ask ask;
  ask.method = http::verb::put;
  ask.path = database_path(database) + (is_cozy ? "/" : "");
  Answer answer = co_await server->http->send(std::move(ask));
  const Refused refused = co_await read_refused(answer);
  constexpr int kExists = 412;
  if (!succeeded(answer.status()) && answer.status() != kExists) {
    throw refusal(*server, answer.location(), database, refused);
  }
}

net::awaitable<std::vector<std::string>> all_databases_of(ServerPtr server) {
  const bool is_cozy = co_await dialect_of(server) == Dialect::kCozy;
  Ask ask;
  ask.path = is_cozy ? "/_all_doctypes" : "/_all_dbs";
  Answer answer = co_await send(server, std::move(ask), "");
  const std::string body = co_await answer.read_all(tuning::kMaxSmallAnswer);
  auto names = server->reader.names(body);
  if (!names) throw not_understood(*server, answer, "the answer is no list of databases", body);
  co_return std::move(*names);
}

namespace {

// False when the server has no such route, or not for us.
net::awaitable<bool> ask_dbs_info(ServerPtr server, std::span<const std::string> databases,
                                  std::vector<DatabaseInfo>& infos) {
  Ask ask;
  ask.method = http::verb::post;
  ask.path = "/_dbs_info";
  ask.body = R"({"keys":[)";
  for (const std::string& database : databases) {
    if (ask.body.back() != '[') ask.body += ',';
    append_json_string(ask.body, database);
  }
  ask.body += "]}";
  Answer answer = co_await server->http->send(std::move(ask));
  if (!succeeded(answer.status())) {
    const Refused refused = co_await read_refused(answer);
    const int status = refused.status;
    if (status < 500 && status != 429 && status != 408) co_return false;
    constexpr int kNotImplemented = 501;
    if (status == kNotImplemented) co_return false;
    throw refusal(*server, answer.location(), "", refused);
  }
  RowScanner scanner(tuning::kMaxRowBytes);
  co_await read_rows(server, answer, scanner, [&](const RowScanner::Row& row) {
    if (auto info = server->reader.dbs_info_row(row)) infos.push_back(std::move(*info));
  });
  co_return true;
}

net::awaitable<void> ask_one_by_one(ServerPtr server, std::span<const std::string> databases,
                                    std::vector<DatabaseInfo>& infos) {
  for (const std::string& database : databases) {
    try {
      infos.push_back(co_await database_info_of(server, database));
      infos.back().name = database;  // PouchDB Server's own name for it may be without slashes
    } catch (const SourceError& error) {
      if (error.kind() != SourceError::Kind::kNotFound) throw;
    }
  }
}

}  // namespace

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
  Ask ask;
  ask.path = database_path(database) + "/_all_docs?startkey=%22_design/%22&endkey=%22_design0%22";
  Answer answer = co_await send(server, std::move(ask), database);
  const std::string body = co_await answer.read_all(tuning::kMaxSmallAnswer);
  const auto rows = server->reader.count_rows(body);
  if (!rows) throw not_understood(*server, answer, "the answer has no rows", body);
  co_return *rows;
}

net::awaitable<std::optional<std::vector<RevisionsOfDocument>>> purged_of(ServerPtr server,
                                                                          std::string database) {
  // cozy-stack has no such route: there it is the name of a document.
  const bool is_cozy = co_await dialect_of(server) == Dialect::kCozy;
  if (is_cozy || !server->known.has_purged_infos) co_return std::nullopt;
  // Twice: a database that is deleted and made anew has no such route for a moment either.
  constexpr int kTimesAsked = 2;
  for (int asked = 0; asked < kTimesAsked; ++asked) {
    Ask ask;
    ask.path = database_path(database) + "/_purged_infos";
    Answer answer = co_await server->http->send(std::move(ask));
    if (succeeded(answer.status()))
      co_return server->reader.purged_infos(co_await answer.read_all(tuning::kMaxSmallAnswer));

    const Refused refused = co_await read_refused(answer);
    constexpr int kForbidden = 403;
    if (refused.status == kForbidden) co_return std::nullopt;  // for the database's administrators
    const bool has_no_route = refused.status == 400 || refused.status == 404 ||
                              refused.status == 405 || refused.status == 501;
    if (!has_no_route) throw refusal(*server, answer.location(), database, refused);
    (void)co_await database_info_of(server,
                                    database);  // throws when it is the database that is gone
  }
  server->known.has_purged_infos = false;
  co_return std::nullopt;
}

}  // namespace replica
