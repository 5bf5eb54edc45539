// What the routes of a CouchClient share: the connections to one server, what was found out about it, and what its answers
// mean when they are not the ones asked for. The routes are free coroutines that keep it alive: the client may be gone before
// they end.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "replica/couch_answers.hpp"
#include "replica/couch_client.hpp"
#include "replica/http_client.hpp"
#include "replica/row_scanner.hpp"
#include "replica/source_url.hpp"
#include "replica/tuning.hpp"

namespace replica {

using Answer = HttpClient::Answer;
using Ask = HttpClient::Ask;
using Clock = HttpClient::Clock;

struct CouchServer {
  CouchServer(net::any_io_executor executor, const SourceAddress& address, Timeouts timeouts,
              ClientLimits limits);

  std::shared_ptr<HttpClient> http;
  std::string user;
  std::string token;
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
  Places asking;  // for the welcome: one at a time
};

using ServerPtr = std::shared_ptr<CouchServer>;

[[nodiscard]] net::awaitable<ServerInfo> server_info_of(ServerPtr server);
[[nodiscard]] net::awaitable<Dialect> dialect_of(ServerPtr server);
// CouchDB itself, or what passes all on to it: takes the parameters that others ignore or die of.
[[nodiscard]] bool speaks_couchdb(Dialect dialect);
[[nodiscard]] net::awaitable<DatabaseInfo> database_info_of(ServerPtr server, std::string database);

// "/{db}", without the slash that cozy-stack wants behind a database itself.
[[nodiscard]] std::string database_path(const std::string& database);
// "/{db}/{id}": the slash of `_local/` and `_design/` is one of the path.
[[nodiscard]] std::string document_path(const std::string& database, std::string_view id);

// "/path" beside cozy-stack's /data routes.
[[nodiscard]] std::string beside_data(const SourceUrl& url, std::string_view path);
// Silence in a feed that no living connection keeps: two and a half heartbeats. PouchDB Server sends even its header with the
// first one.
[[nodiscard]] std::chrono::milliseconds patience(const Timeouts& timeouts);

[[nodiscard]] bool succeeded(int status);

// What an answer that refuses says.
struct Refused {
  int status = 0;
  std::string body;
  std::string location;  // where it points to instead
  std::optional<std::chrono::seconds> retry_after;
};
[[nodiscard]] net::awaitable<Refused> read_refused(Answer& answer);
// The same as an error, in words for the person who set davenport up. `database` is empty where none was asked for.
[[nodiscard]] SourceError refusal(const CouchServer& server, const std::string& location,
                                  const std::string& database, const Refused& refused);
// An answer that is not what was asked for, though its status says so. `body`: its beginning.
[[nodiscard]] SourceError not_understood(CouchServer& server, const Answer& answer,
                                         std::string_view what, std::string_view body = {});

// An answer that does not refuse.
[[nodiscard]] net::awaitable<Answer> send(ServerPtr server, Ask ask, std::string database);

// Cuts the rows out of the answer as it streams in; `scanner` is complete when this returns.
template <typename Visit>
net::awaitable<void> read_rows(ServerPtr server, Answer& answer, RowScanner& scanner, Visit visit) {
  constexpr std::size_t kPiece = 64 * 1024;
  std::string piece(kPiece, '\0');
  std::string error;  // CouchDB writes what broke off its answer where the next row would be
  const auto see = [&error, &visit](const RowScanner::Row& row) {
    if (row.json.starts_with(R"({"error":)")) error = row.json.substr(0, kPiece);
    visit(row);
  };
  for (;;) {
    const std::size_t size = co_await answer.read(piece, tuning::kMaxStreamedAnswer);
    if (size == 0) break;
    scanner.feed({piece.data(), size}, see);
    if (!scanner.plausible()) {
      throw not_understood(*server, answer, "the answer is not the JSON asked for",
                           {piece.data(), size});
    }
  }
  if (!scanner.complete())
    throw not_understood(*server, answer, "the answer ends in the middle", error);
  if (scanner.rest().starts_with(R"({"error":)"))
    throw not_understood(*server, answer, "the answer has no rows", scanner.rest());
}

}  // namespace replica
