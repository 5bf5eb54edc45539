#include "replica/couch_client.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <iterator>
#include <stdexcept>

#include "replica/couch_answers.hpp"
#include "replica/fetch_plan.hpp"
#include "replica/http_client.hpp"
#include "replica/row_scanner.hpp"
#include "replica/source_url.hpp"
#include "replica/tuning.hpp"

namespace replica {

namespace http = boost::beast::http;
using Answer = HttpClient::Answer;
using Ask = HttpClient::Ask;
using Clock = HttpClient::Clock;
using Kind = SourceError::Kind;

namespace {

struct Server {
  Server(net::any_io_executor executor, const SourceAddress& address, Timeouts timeouts)
      : http(std::make_shared<HttpClient>(std::move(executor), address, timeouts)),
        user(address.user) {}

  std::shared_ptr<HttpClient> http;
  std::string user;
  AnswerReader reader;
  bool is_couchdb = false;  // as the last welcome said
  bool has_bulk_get = true;
};

// The coroutines are free functions that share the state: the client may be gone before they end.
using StatePtr = std::shared_ptr<Server>;

std::string database_path(const std::string& database) { return "/" + percent_encode(database); }

bool succeeded(int status) { return status >= 200 && status < 300; }

// What an answer that refuses means to the person who set davenport up.
SourceError refusal(const StatePtr& state, const std::string& path, const std::string& database,
                    int status, const std::string& body) {
  const std::string at = state->http->location(path);
  const auto verdict = state->reader.verdict(body);
  const std::string reason = verdict && !verdict->error.empty()
                                 ? fmt::format(" ({}: {})", verdict->error, verdict->reason)
                                 : std::string();
  const std::string who =
      state->user.empty() ? "a request without user" : fmt::format("user '{}'", state->user);
  switch (status) {
    case 401:
      return {Kind::kUnauthorized, status,
              fmt::format("{}: {} was refused (401): check user and password_file", at, who)};
    case 403:
      return {
          Kind::kForbidden, status,
          fmt::format("{}: {} is not allowed to do this (403){}: check the members of the database",
                      at, who, reason)};
    case 404:
      return {Kind::kNotFound, status,
              fmt::format("{}: not found (404){}: is there a database '{}' at the source?", at,
                          reason, database)};
    case 413:
      return {
          Kind::kTooLarge, status,
          fmt::format(
              "{}: the request is too large for the server (413){}: see its max_document_size and "
              "max_http_request_size",
              at, reason)};
    default:
      break;
  }
  if (status >= 500 || status == 429) {
    return {Kind::kServer, status,
            fmt::format("{}: the server failed ({}){}: see its log", at, status, reason)};
  }
  return {Kind::kProtocol, status, fmt::format("{}: unexpected answer ({}){}", at, status, reason)};
}

SourceError not_understood(const StatePtr& state, const std::string& path, int status,
                           std::string_view what) {
  return {Kind::kProtocol, status,
          fmt::format("{}: {}: is this the url of a CouchDB?", state->http->location(path), what)};
}

net::awaitable<Answer> send(StatePtr state, Ask ask, std::string database) {
  const std::string path = ask.path;
  Answer answer = co_await state->http->send(std::move(ask));
  if (!succeeded(answer.status())) {
    const std::string body = co_await answer.read_all(tuning::kMaxSmallAnswer);
    throw refusal(state, path, database, answer.status(), body);
  }
  co_return answer;
}

// Cuts the rows out of the answer as it streams in; `scanner` is complete when this returns.
template <typename Visit>
net::awaitable<void> read_rows(StatePtr state, std::string path, Answer& answer,
                               RowScanner& scanner, Visit visit) {
  constexpr std::size_t kPiece = 64 * 1024;
  std::string piece(kPiece, '\0');
  for (;;) {
    const std::size_t size = co_await answer.read(piece, tuning::kMaxStreamedAnswer);
    if (size == 0) break;
    scanner.feed({piece.data(), size}, visit);
    if (!scanner.plausible())
      throw not_understood(state, path, answer.status(), "the answer is not the JSON asked for");
  }
  if (!scanner.complete())
    throw not_understood(state, path, answer.status(), "the answer ends in the middle");
}

std::string changes_path(const StatePtr& state, const std::string& database,
                         const ChangesQuery& query) {
  const std::size_t limit = std::max<std::size_t>(query.limit, 1);
  std::string path =
      fmt::format("{}/_changes?style=all_docs&limit={}&since={}", database_path(database), limit,
                  percent_encode(state->reader.since_value(query.since)));
  if (query.include_docs) path += "&include_docs=true";
  if (state->is_couchdb) path += fmt::format("&seq_interval={}", limit);
  if (!query.wait) return path;
  path += fmt::format("&feed=longpoll&timeout={}", query.wait->count());
  // CouchDB forgets the timeout when it is asked for heartbeats: only where they are needed.
  if (*query.wait > tuning::kHeartbeat)
    path += fmt::format("&heartbeat={}", tuning::kHeartbeat.count());
  return path;
}

net::awaitable<ChangesPage> read_changes(StatePtr state, std::string database, ChangesQuery query,
                                         Clock::time_point deadline) {
  Ask ask;
  ask.path = changes_path(state, database, query);
  ask.deadline = deadline;
  const std::string path = ask.path;
  Answer answer = co_await send(state, std::move(ask), std::move(database));

  ChangesPage page;
  std::uint64_t kept = 0;
  RowScanner scanner(tuning::kMaxRowBytes);
  co_await read_rows(state, path, answer, scanner, [&](const RowScanner::Row& row) {
    if (page.rows.size() > query.limit) {
      throw not_understood(state, path, 200, "more rows came than were asked for");
    }
    page.rows.push_back(state->reader.feed_row(row, kept < tuning::kMaxPageBytes));
    kept += page.rows.back().document.size();
  });
  auto end = state->reader.feed_end(scanner.rest());
  if (!end) throw not_understood(state, path, answer.status(), "the answer has no last_seq");
  page.last_seq = std::move(end->last_seq);
  page.pending = end->pending;
  page.bytes = answer.bytes();
  co_return page;
}

net::awaitable<ChangesPage> changes_of(StatePtr state, std::string database, ChangesQuery query) {
  if (!query.wait)
    co_return co_await read_changes(state, std::move(database), std::move(query),
                                    Clock::time_point::max());
  const auto deadline = Clock::now() + *query.wait + tuning::kLongPollGrace;
  try {
    co_return co_await read_changes(state, std::move(database), query, deadline);
  } catch (const SourceError& error) {
    if (error.kind() != Kind::kTimeout || Clock::now() < deadline) throw;
  }
  ChangesPage nothing;
  nothing.last_seq = query.since;
  co_return nothing;
}

// Whether a 404 speaks of the document rather than of its database.
bool document_is_missing(const StatePtr& state, int status, const std::string& body) {
  if (status != 404) return false;
  const auto verdict = state->reader.verdict(body);
  return verdict && (verdict->reason == "missing" || verdict->reason == "deleted");
}

// `GET /{db}/{id}?open_revs=…`: `wanted.revs`, or all leaves when there are none.
net::awaitable<std::vector<SentRevision>> open_revs(StatePtr state, std::string database,
                                                    RevisionsOfDocument wanted) {
  std::string revs = wanted.revs.empty() ? "all" : "[";
  for (const RevId& rev : wanted.revs) {
    if (revs.size() > 1) revs += ',';
    append_json_string(revs, rev.to_string());
  }
  if (!wanted.revs.empty()) revs += ']';
  Ask ask;
  ask.path = fmt::format("{}/{}?revs=true&open_revs={}", database_path(database),
                         percent_encode(wanted.id), percent_encode(revs));
  const std::string path = ask.path;
  std::vector<SentRevision> sent;
  Answer answer = co_await state->http->send(std::move(ask));
  if (!succeeded(answer.status())) {
    const std::string body = co_await answer.read_all(tuning::kMaxSmallAnswer);
    if (document_is_missing(state, answer.status(), body)) co_return sent;
    throw refusal(state, path, database, answer.status(), body);
  }
  RowScanner scanner(tuning::kMaxRowBytes);
  co_await read_rows(state, path, answer, scanner, [&](const RowScanner::Row& row) {
    sent.push_back(state->reader.open_revs_row(row, wanted.id));
  });
  co_return sent;
}

net::awaitable<std::vector<FetchedRevision>> fetch_leaves(StatePtr state, std::string database,
                                                          std::string id) {
  RevisionsOfDocument all;
  all.id = std::move(id);
  std::vector<FetchedRevision> leaves;
  for (SentRevision& sent : co_await open_revs(state, std::move(database), std::move(all))) {
    leaves.push_back({std::move(sent.revision), std::move(sent.problem)});
  }
  co_return leaves;
}

// True when the server has the route.
net::awaitable<bool> bulk_get(StatePtr state, std::string database, FetchPlan::Part part,
                              FetchPlan& plan) {
  Ask ask;
  ask.method = http::verb::post;
  ask.path = database_path(database) + "/_bulk_get?revs=true";
  // A successor is as good as what it replaced. PouchDB Server dies of the parameter.
  if (state->is_couchdb) ask.path += "&latest=true";
  ask.body = plan.bulk_get_body(part);
  const std::string path = ask.path;
  Answer answer = co_await state->http->send(std::move(ask));
  if (!succeeded(answer.status())) {
    const std::string body = co_await answer.read_all(tuning::kMaxSmallAnswer);
    if (answer.status() == 404 || answer.status() == 405) co_return false;
    throw refusal(state, path, database, answer.status(), body);
  }
  RowScanner scanner(tuning::kMaxRowBytes);
  co_await read_rows(state, path, answer, scanner, [&](const RowScanner::Row& row) {
    for (SentRevision& sent : state->reader.bulk_get_row(row)) plan.take(std::move(sent));
  });
  co_return true;
}

net::awaitable<DatabaseInfo> database_info_of(StatePtr state, std::string database) {
  Ask ask;
  ask.path = database_path(database);
  const std::string path = ask.path;
  Answer answer = co_await send(state, std::move(ask), std::move(database));
  auto info = state->reader.database_info(co_await answer.read_all(tuning::kMaxSmallAnswer));
  if (!info)
    throw not_understood(state, path, answer.status(), "the answer does not describe a database");
  co_return std::move(*info);
}

net::awaitable<std::int64_t> count_design_documents_of(StatePtr state, std::string database) {
  Ask ask;
  ask.path = database_path(database) + "/_all_docs?startkey=%22_design/%22&endkey=%22_design0%22";
  const std::string path = ask.path;
  Answer answer = co_await send(state, std::move(ask), std::move(database));
  const auto rows = state->reader.count_rows(co_await answer.read_all(tuning::kMaxSmallAnswer));
  if (!rows) throw not_understood(state, path, answer.status(), "the answer has no rows");
  co_return *rows;
}

net::awaitable<std::vector<FetchedRevision>> fetch_of(StatePtr state, std::string database,
                                                      std::vector<RevisionsOfDocument> wanted) {
  std::vector<FetchedRevision> leaves;
  for (const RevisionsOfDocument& document : wanted) {
    if (!document.revs.empty()) continue;
    auto found = co_await fetch_leaves(state, database, document.id);
    std::move(found.begin(), found.end(), std::back_inserter(leaves));
  }

  FetchPlan plan(wanted);
  for (const FetchPlan::Part part : plan.parts()) {
    if (state->has_bulk_get && !co_await bulk_get(state, database, part, plan)) {
      co_await database_info_of(state, database);  // throws when it is the database that is gone
      state->has_bulk_get = false;
    }
    if (state->has_bulk_get) continue;
    for (RevisionsOfDocument& document : plan.documents(part)) {
      for (SentRevision& sent : co_await open_revs(state, database, std::move(document)))
        plan.take(std::move(sent));
    }
  }
  auto fetched = plan.results();
  std::move(leaves.begin(), leaves.end(), std::back_inserter(fetched));
  co_return fetched;
}

net::awaitable<ServerInfo> server_info_of(StatePtr state) {
  Ask ask;
  ask.path = "/";
  const std::string path = ask.path;
  Answer answer = co_await send(state, std::move(ask), "");
  auto info = state->reader.server_info(co_await answer.read_all(tuning::kMaxSmallAnswer));
  if (!info) throw not_understood(state, path, answer.status(), "the answer is no JSON");
  state->is_couchdb = info->dialect == Dialect::kCouchdb;
  co_return std::move(*info);
}

net::awaitable<void> create_database_of(StatePtr state, std::string database) {
  Ask ask;
  ask.method = http::verb::put;
  ask.path = database_path(database);
  const std::string path = ask.path;
  Answer answer = co_await state->http->send(std::move(ask));
  const std::string body = co_await answer.read_all(tuning::kMaxSmallAnswer);
  constexpr int kExists = 412;
  if (!succeeded(answer.status()) && answer.status() != kExists) {
    throw refusal(state, path, database, answer.status(), body);
  }
}

net::awaitable<std::vector<BulkDocsRow>> bulk_docs_of(StatePtr state, std::string database,
                                                      std::string body) {
  Ask ask;
  ask.method = http::verb::post;
  ask.path = database_path(database) + "/_bulk_docs";
  ask.body = std::move(body);
  ask.repeatable = false;
  const std::string path = ask.path;
  Answer answer = co_await send(state, std::move(ask), std::move(database));
  std::vector<BulkDocsRow> rows;
  RowScanner scanner(tuning::kMaxRowBytes);
  co_await read_rows(state, path, answer, scanner, [&](const RowScanner::Row& row) {
    auto verdict = state->reader.bulk_docs_row(row);
    if (!verdict) throw not_understood(state, path, 201, "a row of the answer cannot be read");
    rows.push_back(std::move(*verdict));
  });
  co_return rows;
}

net::awaitable<BulkDocsRow> put_document_of(StatePtr state, std::string database, std::string id,
                                            std::string json) {
  Ask ask;
  ask.method = http::verb::put;
  ask.path = database_path(database) + "/" + percent_encode(id);
  ask.body = std::move(json);
  ask.repeatable = false;
  const std::string path = ask.path;
  Answer answer = co_await state->http->send(std::move(ask));
  const std::string body = co_await answer.read_all(tuning::kMaxSmallAnswer);
  constexpr int kConflict = 409;
  if (!succeeded(answer.status()) && answer.status() != kConflict) {
    throw refusal(state, path, database, answer.status(), body);
  }
  auto verdict = state->reader.verdict(body);
  if (!verdict) throw not_understood(state, path, answer.status(), "the answer is no JSON");
  verdict->id = std::move(id);
  co_return std::move(*verdict);
}

net::awaitable<std::optional<std::string>> get_document_of(StatePtr state, std::string database,
                                                           std::string id) {
  Ask ask;
  ask.path = database_path(database) + "/" + percent_encode(id);
  const std::string path = ask.path;
  Answer answer = co_await state->http->send(std::move(ask));
  std::string body = co_await answer.read_all(succeeded(answer.status()) ? tuning::kMaxRowBytes
                                                                         : tuning::kMaxSmallAnswer);
  if (succeeded(answer.status())) co_return body;
  if (!document_is_missing(state, answer.status(), body)) {
    throw refusal(state, path, database, answer.status(), body);
  }
  co_return std::nullopt;
}

}  // namespace

struct CouchClient::State : Server {
  using Server::Server;
};

CouchClient::CouchClient(net::any_io_executor executor, SourceAddress address, Timeouts timeouts)
    : state_(std::make_shared<State>(std::move(executor), address, timeouts)) {}

CouchClient::~CouchClient() { close(); }

net::awaitable<ServerInfo> CouchClient::server_info() { return server_info_of(state_); }

net::awaitable<DatabaseInfo> CouchClient::database_info(std::string database) {
  return database_info_of(state_, std::move(database));
}

net::awaitable<std::int64_t> CouchClient::count_design_documents(std::string database) {
  return count_design_documents_of(state_, std::move(database));
}

net::awaitable<void> CouchClient::create_database(std::string database) {
  return create_database_of(state_, std::move(database));
}

net::awaitable<ChangesPage> CouchClient::changes(std::string database, ChangesQuery query) {
  return changes_of(state_, std::move(database), std::move(query));
}

net::awaitable<std::vector<FetchedRevision>> CouchClient::fetch(
    std::string database, std::vector<RevisionsOfDocument> wanted) {
  return fetch_of(state_, std::move(database), std::move(wanted));
}

net::awaitable<std::vector<BulkDocsRow>> CouchClient::bulk_docs(
    std::string database, std::span<const std::string> documents) {
  std::string body = R"({"docs":[)";
  for (const std::string& document : documents) {
    if (body.back() == '}') body += ',';
    body += document;
  }
  return bulk_docs_of(state_, std::move(database), std::move(body) + "]}");
}

net::awaitable<BulkDocsRow> CouchClient::put_document(std::string database, std::string id,
                                                      std::string json) {
  return put_document_of(state_, std::move(database), std::move(id), std::move(json));
}

net::awaitable<std::optional<std::string>> CouchClient::get_document(std::string database,
                                                                     std::string id) {
  return get_document_of(state_, std::move(database), std::move(id));
}

void CouchClient::close() { state_->http->close(); }

}  // namespace replica
