// `_changes`, page by page.
#include <algorithm>
#include <fmt/core.h>

#include "replica/couch_routes.hpp"

namespace replica {
namespace {

std::string changes_path(CouchServer& server, const std::string& database,
                         const ChangesQuery& query, Dialect dialect) {
  const std::size_t limit = std::max<std::size_t>(query.limit, 1);
  std::string path =
      fmt::format("{}/_changes?style=all_docs&limit={}&since={}", database_path(database), limit,
                  percent_encode(server.reader.since_value(query.since)));
  if (query.include_docs) path += "&include_docs=true";
  if (speaks_couchdb(dialect)) path += fmt::format("&seq_interval={}", limit);
  return path;
}

}  // namespace

net::awaitable<ChangesPage> changes_of(ServerPtr server, std::string database, ChangesQuery query) {
  const Dialect dialect = co_await dialect_of(server);
  Request request;
  request.path = changes_path(*server, database, query, dialect);
  Response response = co_await send(server, std::move(request), std::move(database));

  ChangesPage page;
  std::uint64_t kept = 0;
  RowScanner scanner(tuning::kMaxRowBytes);
  const auto take = [&](const RowScanner::Row& row) {
    if (query.max_bytes > 0 && response.bytes() > query.max_bytes) {
      throw SourceError(SourceError::Kind::kTooLarge, response.status(),
                        fmt::format("{}: {} rows have more than {} bytes", response.location(),
                                    query.limit, query.max_bytes));
    }
    if (page.rows.size() > query.limit) {
      throw unexpected_response(*server, response, "more rows came than were asked for");
    }
    page.rows.push_back(server->reader.feed_row(row, kept < tuning::kMaxPageBytes));
    kept += page.rows.back().document.size();
  };
  co_await read_rows(server, response, scanner, take);
  auto end = server->reader.feed_end(scanner.rest());
  if (!end) throw unexpected_response(*server, response, "the answer has no last_seq");
  page.last_seq = std::move(end->last_seq);
  page.pending = end->pending;
  page.bytes = response.bytes();
  co_return page;
}

}  // namespace replica
