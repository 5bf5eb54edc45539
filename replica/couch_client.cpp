#include "replica/couch_client.hpp"

#include "replica/couch_routes.hpp"

namespace replica {
namespace {

// Forgets what was found out about a server that did not answer: another one may do so next time.
void note_failure(CouchServer& server, const SourceError& error) {
  if (error.status() == 0) server.known = {};
}

template <typename T>
net::awaitable<T> noting_failure(ServerPtr server, net::awaitable<T> route) {
  try {
    co_return co_await std::move(route);
  } catch (const SourceError& error) {
    note_failure(*server, error);
    throw;
  }
}

}  // namespace

struct CouchClient::State : CouchServer {
  using CouchServer::CouchServer;
};

CouchClient::CouchClient(net::any_io_executor executor, SourceAddress address, Timeouts timeouts,
                         ClientLimits limits)
    : state_(std::make_shared<State>(std::move(executor), address, timeouts, limits)) {}

CouchClient::~CouchClient() { close(); }

net::awaitable<ServerInfo> CouchClient::server_info() {
  return noting_failure(state_, server_info_of(state_));
}

net::awaitable<DatabaseInfo> CouchClient::database_info(std::string database) {
  return noting_failure(state_, database_info_of(state_, std::move(database)));
}

net::awaitable<void> CouchClient::create_database(std::string database) {
  return noting_failure(state_, create_database_of(state_, std::move(database)));
}

net::awaitable<ChangesPage> CouchClient::changes(std::string database, ChangesQuery query) {
  return noting_failure(state_, changes_of(state_, std::move(database), std::move(query)));
}

net::awaitable<std::vector<FetchedRevision>> CouchClient::fetch(
    std::string database, std::vector<RevisionsOfDocument> wanted) {
  return noting_failure(state_, fetch_of(state_, std::move(database), std::move(wanted)));
}

net::awaitable<std::vector<BulkDocsRow>> CouchClient::bulk_docs(
    std::string database, std::span<const std::string> documents) {
  std::string body = R"({"docs":[)";
  for (const std::string& document : documents) {
    if (&document != &documents.front()) body += ',';
    body += document;
  }
  body += "]}";
  return noting_failure(state_, bulk_docs_of(state_, std::move(database), std::move(body)));
}

net::awaitable<BulkDocsRow> CouchClient::put_document(std::string database, std::string id,
                                                      std::string json) {
  return noting_failure(
      state_, put_document_of(state_, std::move(database), std::move(id), std::move(json)));
}

net::awaitable<std::optional<std::string>> CouchClient::get_document(std::string database,
                                                                     std::string id) {
  return noting_failure(state_, get_document_of(state_, std::move(database), std::move(id)));
}

net::awaitable<std::vector<std::string>> CouchClient::all_databases() {
  return noting_failure(state_, all_databases_of(state_));
}

net::awaitable<std::vector<DatabaseInfo>> CouchClient::databases_info(
    std::vector<std::string> databases) {
  return noting_failure(state_, databases_info_of(state_, std::move(databases)));
}

net::awaitable<std::int64_t> CouchClient::count_design_documents(std::string database) {
  return noting_failure(state_, count_design_documents_of(state_, std::move(database)));
}

net::awaitable<std::vector<std::string>> CouchClient::absent(std::string database,
                                                             std::vector<std::string> ids) {
  return noting_failure(state_, absent_of(state_, std::move(database), std::move(ids)));
}

net::awaitable<std::optional<std::vector<RevisionsOfDocument>>> CouchClient::purged(
    std::string database) {
  return noting_failure(state_, purged_of(state_, std::move(database)));
}

net::awaitable<WatchQuery> CouchClient::watch(WatchQuery query,
                                              std::function<void(const FeedEvent&)> on_event) {
  return noting_failure(state_, watch_of(state_, std::move(query), std::move(on_event)));
}

net::awaitable<void> CouchClient::attachment(
    std::string database, AttachmentQuery query,
    std::function<net::awaitable<void>(AttachmentAnswer)> begin,
    std::function<net::awaitable<void>(std::string_view)> piece) {
  return noting_failure(state_, attachment_of(state_, std::move(database), std::move(query),
                                              std::move(begin), std::move(piece)));
}

net::awaitable<void> CouchClient::pause(std::chrono::milliseconds duration) {
  return state_->http->sleep_until(Clock::now() + duration);
}

void CouchClient::close() { state_->http->close(); }

}  // namespace replica
