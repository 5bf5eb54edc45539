// Routes of a database in the CouchDB in memory that begin with an underscore, but for its feed.
#include <algorithm>
#include <fmt/format.h>

#include "tests/support/memory_routes.hpp"

namespace support::memory {
namespace {

using Json = nlohmann::ordered_json;

void append_error_row(std::string& json, const std::string& id, const std::string& rev,
                      std::string_view error, std::string_view reason) {
  json += R"({"error":{"rev":)";
  append_string(json, rev);
  json += ",\"reason\":";
  append_string(json, reason);
  json += ",\"id\":";
  append_string(json, id);
  json += ",\"error\":";
  append_string(json, error);
  json += "}}";
}

// What `_bulk_get` has of one revision that was asked for: itself or, with `latest`, the leaves that succeed it.
std::string bulk_get_docs(const DatabaseRequest& asked, const std::string& id,
                          const std::string& rev, const Rendering& rendering) {
  std::string docs;
  const auto add = [&](const Document& document, std::size_t index) {
    docs += docs.empty() ? "{\"ok\":" : ",{\"ok\":";
    append_document(docs, document, index, rendering);
    docs += '}';
  };
  const Document* document = asked.database.find(id);
  if (rev == "undefined") {  // none was named: all leaves
    if (document == nullptr) {
      append_error_row(docs, id, rev, "not_found", "missing");
    } else {
      for (const std::size_t leaf : document->tree.leaves()) add(*document, leaf);
    }
    return docs;
  }
  const auto parsed = Rev::parse(rev);
  if (!parsed) {
    append_error_row(docs, id, rev, "bad_request", "Invalid rev format");
    return docs;
  }
  const auto index = document == nullptr ? std::nullopt : document->tree.find(*parsed);
  if (index && asked.request.is_true("latest")) {
    for (const std::size_t leaf : document->tree.leaves_below(*index)) add(*document, leaf);
  } else if (index && document->tree[*index].content) {
    add(*document, *index);
  } else {
    append_error_row(docs, id, rev, "not_found", "missing");
  }
  return docs;
}

Answer bulk_get(const DatabaseRequest& asked) {
  const Json json = payload_of(asked.request);
  if (!json.contains("docs") || !json.at("docs").is_array())
    throw Refusal{400, "bad_request", "Missing JSON list of 'docs'."};
  const Rendering rendering{.revisions = asked.request.is_true("revs"),
                            .attachment_data = asked.request.is_true("attachments")};
  Answer reply;
  reply.payload = "{\"results\":[";
  for (const Json& wanted : json.at("docs")) {
    if (reply.payload.back() != '[') reply.payload += ',';
    const std::string id = wanted.value("id", "");
    reply.payload += "{\"id\":";
    append_string(reply.payload, id);
    reply.payload += ",\"docs\":[";
    reply.payload += bulk_get_docs(asked, id, wanted.value("rev", "undefined"), rendering);
    reply.payload += "]}";
  }
  reply.payload += "]}\n";
  return reply;
}

// A row of `_bulk_docs` that says what became of a document; empty for one that was grafted.
Json write_one(const DatabaseRequest& asked, const Json& json, bool new_edits) {
  const std::string id = json.value("_id", "");
  try {
    SentDocument sent = read_document(json, asked.database.find(id));
    if (sent.id.empty()) sent.id = fmt::format("{:032x}", asked.database.end().total() + 1);
    if (new_edits) {
      const std::string written = sent.id;
      const Rev rev = edit(asked, std::move(sent));
      return {{"ok", true}, {"id", written}, {"rev", rev.to_string()}};
    }
    if (!sent.rev) throw Refusal{400, "bad_request", "Missing revision"};
    asked.database.graft(sent.id, sent.start, sent.path, std::move(sent.content));
    asked.server.moved(asked.database.name(), "updated");
    return {};
  } catch (const Refusal& refused) {
    return {{"id", id}, {"error", refused.error}, {"reason", refused.reason}};
  }
}

Answer bulk_docs(const DatabaseRequest& asked) {
  const Json json = payload_of(asked.request);
  if (!json.contains("docs") || !json.at("docs").is_array())
    throw Refusal{400, "bad_request", "POST body must include `docs` parameter."};
  const bool new_edits = json.value("new_edits", true);
  Json rows = Json::array();
  for (const Json& document : json.at("docs")) {
    Json row = write_one(asked, document, new_edits);
    if (!row.empty()) rows.push_back(std::move(row));
  }
  return {201, rows.dump() + '\n'};
}

Answer revs_diff(const DatabaseRequest& asked) {
  Json result = Json::object();
  const Json json = payload_of(asked.request);
  for (const auto& [id, revs] : json.items()) {
    const Document* document = asked.database.find(id);
    Json missing = Json::array();
    for (const std::string rev : revs) {
      const auto parsed = Rev::parse(rev);
      if (!parsed || document == nullptr || !document->tree.find(*parsed)) missing.push_back(rev);
    }
    if (!missing.empty()) result[id]["missing"] = std::move(missing);
  }
  return {200, result.dump() + '\n'};
}

std::string all_docs_row(const DatabaseRequest& asked, const Document& document,
                         bool with_document) {
  const Revision& winner = document.tree.winner();
  std::string row = "{\"id\":";
  append_string(row, document.id);
  row += ",\"key\":";
  append_string(row, document.id);
  row += fmt::format(R"(,"value":{{"rev":"{}"{}}})", winner.rev.to_string(),
                     winner.content->deleted ? ",\"deleted\":true" : "");
  if (with_document && winner.content->deleted) row += ",\"doc\":null";
  if (with_document && !winner.content->deleted) {
    row += ",\"doc\":";
    append_document(row, document, document.tree.leaves().front(),
                    {.conflicts = asked.request.is_true("conflicts")});
  }
  return row + '}';
}

std::optional<std::string> key_parameter(const Request& request, const std::string& name) {
  const std::string text = request.parameter(name);
  if (text.empty()) return std::nullopt;
  const Json key = Json::parse(text, nullptr, false);
  if (!key.is_string()) throw Refusal{400, "query_parse_error", "Invalid value for key parameter"};
  return key.get<std::string>();
}

Answer all_docs(const DatabaseRequest& asked) {
  const bool with_documents = asked.request.is_true("include_docs");
  std::vector<std::string> rows;
  std::string_view offset = "0";
  const Json json = asked.request.method == "POST" ? payload_of(asked.request) : Json::object();
  if (json.contains("keys")) {
    offset = "null";
    for (const std::string id : json.at("keys")) {
      const Document* document = asked.database.find(id);
      if (document != nullptr) {
        rows.push_back(all_docs_row(asked, *document, with_documents));
      } else {
        rows.emplace_back("{\"key\":");
        append_string(rows.back(), id);
        rows.back() += ",\"error\":\"not_found\"}";
      }
    }
  } else {
    const std::string limit = asked.request.parameter("limit");
    const std::size_t most = limit.empty() ? SIZE_MAX : std::stoul(limit);
    const auto first = key_parameter(asked.request, "startkey");
    const auto last = key_parameter(asked.request, "endkey");
    for (const auto& [id, document] : asked.database.documents()) {
      if (rows.size() == most) break;
      if ((first && id < *first) || (last && id > *last)) continue;
      if (document.tree.winner().content->deleted) continue;
      rows.push_back(all_docs_row(asked, document, with_documents));
    }
  }
  std::string payload = fmt::format("{{\"total_rows\":{},\"offset\":{},\"rows\":[\n",
                                    asked.database.live_documents(), offset);
  for (std::size_t i = 0; i < rows.size(); ++i)
    payload += rows[i] + (i + 1 < rows.size() ? ",\r\n" : "");
  Answer reply;
  reply.chunks = {payload + "\r\n]}"};
  return reply;
}

Answer purge(const DatabaseRequest& asked) {
  asked.server.require_admin(asked.request);
  Json purged = Json::object();
  const Json json = payload_of(asked.request);
  for (const auto& [id, revs] : json.items()) {
    std::vector<Rev> wanted;
    for (const std::string rev : revs) {
      const auto parsed = Rev::parse(rev);
      if (!parsed) throw Refusal{400, "bad_request", "Invalid rev format"};
      wanted.push_back(*parsed);
    }
    Json gone = Json::array();
    for (const Rev& rev : asked.database.purge(id, wanted)) gone.push_back(rev.to_string());
    purged[id] = std::move(gone);
  }
  asked.server.moved(asked.database.name(), "updated");
  return {201, Json({{"purge_seq", nullptr}, {"purged", purged}}).dump() + '\n'};
}

Answer purged_infos(const DatabaseRequest& asked) {
  Json infos = Json::array();
  for (const auto& info : asked.database.purged_infos()) {
    Json revs = Json::array();
    for (const Rev& rev : info.revs) revs.push_back(rev.to_string());
    infos.push_back({{"id", info.id}, {"revs", std::move(revs)}});
  }
  return {200, Json({{"purged_infos", infos}}).dump() + '\n'};
}

}  // namespace

std::string database_info(const Server& server, const Database& database) {
  std::string name;
  append_string(name, database.name());
  return fmt::format(
      R"({{"instance_start_time":"{}","db_name":{},"purge_seq":{},"update_seq":{},)"
      R"("sizes":{{"file":16700,"external":0,"active":0}},"props":{{}},"doc_del_count":{},)"
      R"("doc_count":{},"disk_format_version":8,"compact_running":false,)"
      R"("cluster":{{"q":2,"n":{},"w":1,"r":1}}}})",
      server.instance_start_time(database), name, database.purge_seq(),
      database.sequence(database.end()), database.deleted_documents(), database.live_documents(),
      database.copies());
}

Answer answer_database(const DatabaseRequest& asked) {
  const CouchDialect dialect = asked.server.options.dialect;
  const bool is_modern = dialect == CouchDialect::kCouchdb3 || dialect == CouchDialect::kCouchdb2;
  if (asked.path[0] == "_bulk_get") {
    // CouchDB 1.x takes it for a document whose form is sent.
    if (dialect == CouchDialect::kCouchdb1)
      throw Refusal{400, "bad_request", "Referer header required."};
    if (asked.request.method != "POST")
      throw Refusal{405, "method_not_allowed", "Only POST allowed"};
    return bulk_get(asked);
  }
  if (asked.is("POST", "_bulk_docs")) return bulk_docs(asked);
  if (asked.is("POST", "_revs_diff")) return revs_diff(asked);
  if (asked.path[0] == "_all_docs") return all_docs(asked);
  if (asked.is("POST", "_purge") && dialect != CouchDialect::kCozy) return purge(asked);
  if (asked.is("GET", "_purged_infos") && dialect == CouchDialect::kCouchdb3)
    return purged_infos(asked);
  if (asked.is("GET", "_purged_infos_limit") && is_modern) return {200, "1000\n"};
  if (asked.is("GET", "_revs_limit") && is_modern) {
    return {200, fmt::format("{}\n", asked.database.revs_limit())};
  }
  if (asked.is("PUT", "_revs_limit") && is_modern) {
    asked.database.set_revs_limit(std::stoul(asked.request.http.body()));
    return {200, "{\"ok\":true}\n"};
  }
  if (asked.is("POST", "_compact")) {
    asked.server.require_admin(asked.request);
    asked.database.compact();
    return {202, "{\"ok\":true}\n"};
  }
  if (asked.is("POST", "_ensure_full_commit")) {
    return {201, fmt::format("{{\"ok\":true,\"instance_start_time\":\"{}\"}}\n",
                             asked.server.instance_start_time(asked.database))};
  }
  throw Refusal{404, "not_found", "missing"};
}

}  // namespace support::memory
