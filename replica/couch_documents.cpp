// Documents, one by one and many at a time.
#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <iterator>

#include "replica/couch_routes.hpp"
#include "replica/fetch_plan.hpp"

namespace replica {

namespace http = boost::beast::http;

namespace {

// Whether a 404 speaks of the document rather than of its database.
bool document_is_missing(CouchServer& server, const Refused& refused) {
  if (refused.status != 404) return false;
  const auto verdict = server.reader.verdict(refused.body);
  return verdict && (verdict->reason == "missing" || verdict->reason == "deleted");
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
  Ask ask;
  ask.path = fmt::format("{}?revs=true&open_revs={}", document_path(database, wanted.id),
                         percent_encode(revs));
  std::vector<SentRevision> sent;
  Answer answer = co_await server->http->send(std::move(ask));
  if (!succeeded(answer.status())) {
    const Refused refused = co_await read_refused(answer);
    if (document_is_missing(*server, refused)) co_return sent;
    throw refusal(*server, answer.location(), database, refused);
  }
  RowScanner scanner(tuning::kMaxRowBytes);
  const auto take = [&](const RowScanner::Row& row) {
    sent.push_back(server->reader.open_revs_row(row, wanted.id));
  };
  co_await read_rows(server, answer, scanner, take);
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

// CouchDB 1.6 takes the unknown route for a form that a browser sends, and 400 is its word for "no such route".
bool is_unknown_route(const Refused& refused) {
  constexpr std::array kNoRoute{404, 405, 501};
  return std::find(kNoRoute.begin(), kNoRoute.end(), refused.status) != kNoRoute.end() ||
         (refused.status == 400 && refused.body.find("Referer") != std::string::npos);
}

// True when the server has the route.
net::awaitable<bool> bulk_get(ServerPtr server, std::string database, FetchPlan::Part part,
                              FetchPlan& plan) {
  const Dialect dialect = co_await dialect_of(server);
  Ask ask;
  ask.method = http::verb::post;
  ask.path = database_path(database) + "/_bulk_get?revs=true";
  // A successor is as good as what it replaced. PouchDB Server dies of the parameter.
  if (speaks_couchdb(dialect)) ask.path += "&latest=true";
  ask.body = plan.bulk_get_body(part);
  Answer answer = co_await server->http->send(std::move(ask));
  if (!succeeded(answer.status())) {
    const Refused refused = co_await read_refused(answer);
    if (is_unknown_route(refused)) co_return false;
    throw refusal(*server, answer.location(), database, refused);
  }
  RowScanner scanner(tuning::kMaxRowBytes);
  std::uint64_t bytes = 0;
  const auto take = [&](const RowScanner::Row& row) {
    bytes += row.json.size();
    if (bytes > tuning::kMaxFetchBytes && part.end - part.begin > 1) {
      throw SourceError(
          SourceError::Kind::kTooLarge, answer.status(),
          fmt::format("{}: more was asked for than fits into memory", answer.location()));
    }
    for (SentRevision& sent : server->reader.bulk_get_row(row)) plan.take(std::move(sent));
  };
  co_await read_rows(server, answer, scanner, take);
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
        plan.take(std::move(sent));
    }
  }
  auto fetched = plan.results();
  std::move(leaves.begin(), leaves.end(), std::back_inserter(fetched));
  co_return fetched;
}

net::awaitable<std::vector<BulkDocsRow>> bulk_docs_of(ServerPtr server, std::string database,
                                                      std::string body) {
  Ask ask;
  ask.method = http::verb::post;
  ask.path = database_path(database) + "/_bulk_docs";
  ask.body = std::move(body);
  ask.repeatable = false;
  Answer answer = co_await send(server, std::move(ask), std::move(database));
  std::vector<BulkDocsRow> rows;
  RowScanner scanner(tuning::kMaxRowBytes);
  const auto take = [&](const RowScanner::Row& row) {
    auto verdict = server->reader.bulk_docs_row(row);
    if (!verdict) throw not_understood(*server, answer, "a row of the answer cannot be read");
    rows.push_back(std::move(*verdict));
  };
  co_await read_rows(server, answer, scanner, take);
  co_return rows;
}

net::awaitable<BulkDocsRow> put_document_of(ServerPtr server, std::string database, std::string id,
                                            std::string json) {
  Ask ask;
  ask.method = http::verb::put;
  ask.path = document_path(database, id);
  ask.body = std::move(json);
  ask.repeatable = false;
  Answer answer = co_await server->http->send(std::move(ask));
  const Refused said = co_await read_refused(answer);
  constexpr int kConflict = 409;
  if (!succeeded(said.status) && said.status != kConflict)
    throw refusal(*server, answer.location(), database, said);
  auto verdict = server->reader.verdict(said.body);
  if (!verdict || (verdict->rev.empty() && verdict->error.empty()))
    throw not_understood(*server, answer, "the answer does not name a revision", said.body);
  verdict->id = std::move(id);
  co_return std::move(*verdict);
}

net::awaitable<std::optional<std::string>> get_document_of(ServerPtr server, std::string database,
                                                           std::string id) {
  Ask ask;
  ask.path = document_path(database, id);
  Answer answer = co_await server->http->send(std::move(ask));
  if (succeeded(answer.status())) co_return co_await answer.read_all(tuning::kMaxRowBytes);
  const Refused refused = co_await read_refused(answer);
  if (!document_is_missing(*server, refused))
    throw refusal(*server, answer.location(), database, refused);
  co_return std::nullopt;
}

}  // namespace replica
