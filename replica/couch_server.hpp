// What the routes of a CouchClient share: the connections to one server, what was found out about it, and what its answers
// mean when they are not the ones asked for. The routes are free coroutines that keep it alive: the client may be gone before
// they end.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "replica/couch_answers.hpp"
#include "replica/couch_client.hpp"
#include "replica/http_client.hpp"
#include "replica/http_status.hpp"
#include "replica/row_scanner.hpp"
#include "replica/source_url.hpp"
#include "replica/tuning.hpp"

namespace replica {

using Response = HttpClient::Response;
using Request = HttpClient::Request;
using Clock = HttpClient::Clock;

struct CouchServer {
  CouchServer(net::any_io_executor executor, const SourceAddress& address, Timeouts timeouts,
              ClientLimits limits);

  std::shared_ptr<HttpClient> http;
  Timeouts timeouts;
  AnswerReader reader;

  // Found out by asking, and forgotten when the server could not be reached: another one may answer next time.
  struct Known {
    std::optional<ServerInfo> info;
    bool has_bulk_get = true;
    bool has_dbs_info = true;
    bool has_purged_infos = true;
  };
  Known known;

  // `info` is asked for by one coroutine at a time; those that wait meanwhile share its answer, or its failure.
  Semaphore welcome_turn;
  int failures = 0;
  std::exception_ptr last_failure;
};

using ServerPtr = std::shared_ptr<CouchServer>;

[[nodiscard]] net::awaitable<ServerInfo> server_info_of(ServerPtr server);
[[nodiscard]] net::awaitable<Dialect> dialect_of(ServerPtr server);
// CouchDB itself, or what passes all on to it: takes the parameters that others ignore or die of.
[[nodiscard]] bool speaks_couchdb(Dialect dialect);

// "/{db}", without the slash that cozy-stack wants behind a database itself.
[[nodiscard]] std::string database_path(const std::string& database);
// "/{db}/{id}": the slash of `_local/` and `_design/` is one of the path.
[[nodiscard]] std::string document_path(const std::string& database, std::string_view id);

// "/path" beside cozy-stack's /data routes.
[[nodiscard]] std::string beside_data(const SourceUrl& url, std::string_view path);
// A feed that is silent for longer than this, two and a half heartbeats, is a dead connection. PouchDB Server sends even its
// header with the first heartbeat.
[[nodiscard]] std::chrono::milliseconds max_silence(const Timeouts& timeouts);

// A server's answer to a route that it does not know; CouchDB's to a database or document that is not there is also one.
[[nodiscard]] bool is_unknown_route(int status);

// An answer that refuses, read to tuning::kMaxRefusalText bytes.
struct ErrorResponse {
  int status = 0;
  std::string body;
  std::string location;  // where it points to instead
  std::optional<std::chrono::seconds> retry_after;
};
[[nodiscard]] net::awaitable<ErrorResponse> read_error_response(Response& response);
// The same as an error, in words for the person who set davenport up. `database` is empty where none was asked for.
[[nodiscard]] SourceError to_source_error(const CouchServer& server, const std::string& location,
                                          const std::string& database,
                                          const ErrorResponse& refused);
// An answer that is not what was asked for, though its status says so. `body`: its beginning.
[[nodiscard]] SourceError unexpected_response(CouchServer& server, const Response& response,
                                              std::string_view what, std::string_view body = {});

// Throws what to_source_error makes of an answer that refuses.
[[nodiscard]] net::awaitable<Response> send(ServerPtr server, Request request,
                                            std::string database);

// Cuts the rows out of the answer as it streams in; `scanner` is complete when this returns.
template <typename Visit>
net::awaitable<void> read_rows(ServerPtr server, Response& response, RowScanner& scanner,
                               Visit visit) {
  constexpr std::size_t kPiece = 64 * 1024;
  std::string piece(kPiece, '\0');
  std::string error;  // CouchDB writes what broke off its answer where the next row would be
  const auto see = [&error, &visit](const RowScanner::Row& row) {
    if (row.json.starts_with(R"({"error":)")) error = row.json.substr(0, kPiece);
    visit(row);
  };
  for (;;) {
    const std::size_t size = co_await response.read(piece, tuning::kMaxStreamedAnswer);
    if (size == 0) break;
    scanner.feed({piece.data(), size}, see);
    if (!scanner.plausible()) {
      throw unexpected_response(*server, response, "the answer is not the JSON asked for",
                                {piece.data(), size});
    }
  }
  if (!scanner.complete())
    throw unexpected_response(*server, response, "the answer ends in the middle", error);
  if (scanner.rest().starts_with(R"({"error":)"))
    throw unexpected_response(*server, response, "the answer has no rows", scanner.rest());
}

}  // namespace replica
