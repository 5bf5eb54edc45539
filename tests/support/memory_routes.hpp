// The routes of the CouchDB in memory that answer at once.
#pragma once

#include <string>
#include <vector>

#include "tests/support/memory_server.hpp"

namespace support::memory {

// A request to a database: its parts behind the database's name.
struct DatabaseRequest {
  Server& server;
  const Request& request;
  Database& database;
  std::vector<std::string> path;

  [[nodiscard]] bool is(std::string_view method, std::string_view route) const {
    return request.method == method && path.size() == 1 && path[0] == route;
  }
};

// The payload as JSON. Throws Refusal.
[[nodiscard]] nlohmann::ordered_json payload_of(const Request& request);

// Routes of documents, their attachments and `_local` documents.
[[nodiscard]] Answer answer_document(const DatabaseRequest& asked);
[[nodiscard]] Answer answer_local_document(const DatabaseRequest& asked);
[[nodiscard]] Answer answer_attachment(const DatabaseRequest& asked);
// Routes of a database that begin with an underscore.
[[nodiscard]] Answer answer_database(const DatabaseRequest& asked);
[[nodiscard]] std::string database_info(const Server& server, const Database& database);

// Edits the document; Refusal 409 when that is a conflict.
Rev edit(const DatabaseRequest& asked, SentDocument sent);

}  // namespace support::memory
