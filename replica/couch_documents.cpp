// Documents, one by one and many at a time.
#include <algorithm>
#include <fmt/core.h>
#include <iterator>

#include "replica/couch_routes.hpp"
#include "replica/fetch_plan.hpp"
#include "replica/json_string.hpp"

namespace replica {

namespace http = boost::beast::http;

namespace {

// Whether a 404 speaks of the document rather than of its database.
bool document_is_missing(CouchServer& server, const ErrorResponse& refused) {
  if (refused.status != http_status::kNotFound) return false;
  const auto verdict = server.reader.verdict(refused.body);
  return verdict && (verdict->reason == "missing" || verdict->reason == "deleted");
}

void throw_if_unread(const Response& response, const SentRevision& sent) {
  if (!sent.is_unread) return;
  throw SourceError(SourceError::Kind::kCluster, response.status(),
                    fmt::format("{}: {}: it goes on by itself", response.location(), sent.problem));
}

// `GET /{db}/{id}?open_revs=…`: `wanted.revs`, or all leaves when there are none.
net::awaitable<std::vector<SentRevision>> open_revs(ServerPtr server, std::string database,
                                                    RevisionsOfDocument wanted) {
  std::string revs = wanted.revs.empty() ? "all" : "[";
  for (const RevId& rev : wanted.revs) {
    if (revs.size() > 1) revs += ',';
    append_json_string(revs, rev.to_string());
  }
  if (!wanted.revs.empty()) revs += ']';
  Request request;
  request.path = fmt::format("{}?revs=true&open_revs={}", document_path(database, wanted.id),
                             percent_encode(revs));
  std::vector<SentRevision> sent;
  Response response = co_await server->http->send(std::move(request));
  if (!http_status::is_success(response.status())) {
    const ErrorResponse refused = co_await read_error_response(response);
    if (document_is_missing(*server, refused)) co_return sent;
    throw to_source_error(*server, response.location(), database, refused);
  }
  RowScanner scanner(tuning::kMaxRowBytes);
  const auto take = [&](const RowScanner::Row& row) {
    sent.push_back(server->reader.open_revs_row(row, wanted.id));
    throw_if_unread(response, sent.back());
  };
  co_await read_rows(server, response, scanner, take);
  co_return sent;
}

net::awaitable<std::vector<FetchedRevision>> fetch_leaves(ServerPtr server, std::string database,
                                                          std::string id) {
  RevisionsOfDocument all;
  all.id = std::move(id);
  std::vector<FetchedRevision> leaves;
  for (SentRevision& sent : co_await open_revs(server, std::move(database), std::move(all))) {
    leaves.push_back({std::move(sent.revision), std::move(sent.problem)});
  }
  co_return leaves;
}

// CouchDB 1.6 answers 400: it takes the request for a form that a browser sends, and misses its Referer.
bool has_no_bulk_get(const ErrorResponse& refused) {
  return is_unknown_route(refused.status) || (refused.status == http_status::kBadRequest &&
                                              refused.body.find("Referer") != std::string::npos);
}

// True when the server has the route, in JSON.
net::awaitable<bool> bulk_get(ServerPtr server, std::string database, FetchPlan::Part part,
                              FetchPlan& plan) {
  const Dialect dialect = co_await dialect_of(server);
  Request request;
  request.method = http::verb::post;
  request.path = database_path(database) + "/_bulk_get?revs=true";
  // A successor is as good as what it replaced. PouchDB Server dies of the parameter.
  if (speaks_couchdb(dialect)) request.path += "&latest=true";
  request.body = plan.bulk_get_body(part);
  Response response = co_await server->http->send(std::move(request));
  if (!http_status::is_success(response.status())) {
    const ErrorResponse refused = co_await read_error_response(response);
    if (has_no_bulk_get(refused)) co_return false;
    throw to_source_error(*server, response.location(), database, refused);
  }
  // As of Sync Gateway, whatever is accepted.
  if (response.field(http::field::content_type).starts_with("multipart/")) co_return false;
  RowScanner scanner(tuning::kMaxRowBytes);
  std::uint64_t bytes = 0;
  const auto take = [&](const RowScanner::Row& row) {
    bytes += row.json.size();
    if (bytes > tuning::kMaxFetchBytes && part.end - part.begin > 1) {
      throw SourceError(
          SourceError::Kind::kTooLarge, response.status(),
          fmt::format("{}: more was asked for than fits into memory", response.location()));
    }
    for (SentRevision& sent : server->reader.bulk_get_row(row)) {
      throw_if_unread(response, sent);
      plan.add_result(std::move(sent));
    }
  };
  co_await read_rows(server, response, scanner, take);
  co_return true;
}

}  // namespace

net::awaitable<std::vector<FetchedRevision>> fetch_of(ServerPtr server, std::string database,
                                                      std::vector<RevisionsOfDocument> wanted) {
  std::vector<FetchedRevision> leaves;
  for (const RevisionsOfDocument& document : wanted) {
    if (!document.revs.empty()) continue;
    auto found = co_await fetch_leaves(server, database, document.id);
    std::move(found.begin(), found.end(), std::back_inserter(leaves));
  }

  FetchPlan plan(wanted);
  for (const FetchPlan::Part part : plan.parts()) {
    if (server->known.has_bulk_get) {
      const bool is_fetched = co_await bulk_get(server, database, part, plan);
      if (is_fetched) continue;
      // throws when it is the database that is gone
      (void)co_await database_info_of(server, database);
      server->known.has_bulk_get = false;
    }
    for (RevisionsOfDocument& document : plan.documents(part)) {
      for (SentRevision& sent : co_await open_revs(server, database, std::move(document)))
        plan.add_result(std::move(sent));
    }
  }
  auto fetched = plan.results();
  std::move(leaves.begin(), leaves.end(), std::back_inserter(fetched));
  co_return fetched;
}

net::awaitable<std::vector<BulkDocsRow>> bulk_docs_of(ServerPtr server, std::string database,
                                                      std::string body) {
  Request request;
  request.method = http::verb::post;
  request.path = database_path(database) + "/_bulk_docs";
  request.body = std::move(body);
  request.repeatable = false;
  Response response = co_await send(server, std::move(request), std::move(database));
  std::vector<BulkDocsRow> rows;
  RowScanner scanner(tuning::kMaxRowBytes);
  const auto take = [&](const RowScanner::Row& row) {
    auto verdict = server->reader.bulk_docs_row(row);
    if (!verdict)
      throw unexpected_response(*server, response, "a row of the answer cannot be read");
    rows.push_back(std::move(*verdict));
  };
  co_await read_rows(server, response, scanner, take);
  co_return rows;
}

net::awaitable<BulkDocsRow> put_document_of(ServerPtr server, std::string database, std::string id,
                                            std::string json) {
  Request request;
  request.method = http::verb::put;
  request.path = document_path(database, id);
  request.body = std::move(json);
  request.repeatable = false;
  Response response = co_await server->http->send(std::move(request));
  const ErrorResponse said = co_await read_error_response(response);
  if (!http_status::is_success(said.status) && said.status != http_status::kConflict)
    throw to_source_error(*server, response.location(), database, said);
  auto verdict = server->reader.verdict(said.body);
  if (!verdict || (verdict->rev.empty() && verdict->error.empty()))
    throw unexpected_response(*server, response, "the answer does not name a revision", said.body);
  verdict->id = std::move(id);
  co_return std::move(*verdict);
}

net::awaitable<std::optional<std::string>> get_document_of(ServerPtr server, std::string database,
                                                           std::string id) {
  Request request;
  request.path = document_path(database, id);
  Response response = co_await server->http->send(std::move(request));
  if (http_status::is_success(response.status()))
    co_return co_await response.read_all(tuning::kMaxRowBytes);
  const ErrorResponse refused = co_await read_error_response(response);
  if (!document_is_missing(*server, refused))
    throw to_source_error(*server, response.location(), database, refused);
  co_return std::nullopt;
}

}  // namespace replica
