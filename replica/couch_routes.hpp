// The routes of CouchClient, whose members say what each does.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "replica/couch_server.hpp"

namespace replica {

// couch_databases.cpp
[[nodiscard]] net::awaitable<DatabaseInfo> database_info_of(ServerPtr server, std::string database);
[[nodiscard]] net::awaitable<void> create_database_of(ServerPtr server, std::string database);
[[nodiscard]] net::awaitable<std::vector<std::string>> all_databases_of(ServerPtr server);
[[nodiscard]] net::awaitable<std::vector<DatabaseInfo>> databases_info_of(
    ServerPtr server, std::vector<std::string> databases);
[[nodiscard]] net::awaitable<std::int64_t> count_design_documents_of(ServerPtr server,
                                                                     std::string database);
[[nodiscard]] net::awaitable<std::vector<std::string>> absent_of(ServerPtr server,
                                                                 std::string database,
                                                                 std::vector<std::string> ids);
[[nodiscard]] net::awaitable<std::optional<std::vector<RevisionsOfDocument>>> purged_of(
    ServerPtr server, std::string database);

// couch_feed.cpp
[[nodiscard]] net::awaitable<ChangesPage> changes_of(ServerPtr server, std::string database,
                                                     ChangesQuery query);

// couch_documents.cpp
[[nodiscard]] net::awaitable<std::vector<FetchedRevision>> fetch_of(
    ServerPtr server, std::string database, std::vector<RevisionsOfDocument> wanted);
[[nodiscard]] net::awaitable<std::vector<BulkDocsRow>> bulk_docs_of(ServerPtr server,
                                                                    std::string database,
                                                                    std::string body);
[[nodiscard]] net::awaitable<BulkDocsRow> put_document_of(ServerPtr server, std::string database,
                                                          std::string id, std::string json);
[[nodiscard]] net::awaitable<std::optional<std::string>> get_document_of(ServerPtr server,
                                                                         std::string database,
                                                                         std::string id);

// couch_attachment.cpp
[[nodiscard]] net::awaitable<void> attachment_of(
    ServerPtr server, std::string database, AttachmentQuery query,
    std::function<net::awaitable<void>(AttachmentAnswer)> begin,
    std::function<net::awaitable<void>(std::string_view)> piece);

// couch_watch.cpp
[[nodiscard]] net::awaitable<WatchQuery> watch_of(ServerPtr server, WatchQuery query,
                                                  std::function<void(const FeedEvent&)> on_event);
// couch_realtime.cpp
[[nodiscard]] net::awaitable<WatchQuery> watch_realtime(
    ServerPtr server, WatchQuery query, std::function<void(const FeedEvent&)> on_event);

}  // namespace replica
