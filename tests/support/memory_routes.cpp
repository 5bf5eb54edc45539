#include "tests/support/memory_routes.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "tests/support/bytes.hpp"

namespace support::memory {
namespace {

using Json = nlohmann::ordered_json;

const Refusal kNoDatabase{404, "not_found", "Database does not exist."};
const Answer kOk{200, "{\"ok\":true}\n"};

std::string welcome(const Server& server) {
  switch (server.options.dialect) {
    case CouchDialect::kCozy:
      return "{\"message\":\"welcome to a cozy API\"}\n";
    case CouchDialect::kCouchdb1:
      return R"({"couchdb":"Welcome","uuid":"9cb8a3a26aece44800c1fbf284b85c55","version":"1.6.1",)"
             "\"vendor\":{\"version\":\"1.6.1\",\"name\":\"The Apache Software Foundation\"}}\n";
    case CouchDialect::kCouchdb2:
      return R"({"couchdb":"Welcome","version":"2.3.1","git_sha":"c298091a4",)"
             R"("uuid":"9cb8a3a26aece44800c1fbf284b85c55","features":["pluggable-storage-engines",)"
             "\"scheduler\"],\"vendor\":{\"name\":\"The Apache Software Foundation\"}}\n";
    case CouchDialect::kCouchdb3:
      break;
  }
  return R"({"couchdb":"Welcome","version":"3.5.0","git_sha":"11f0d36",)"
         R"("uuid":"9cb8a3a26aece44800c1fbf284b85c55","features":["quickjs","access-ready",)"
         R"("partitioned","pluggable-storage-engines","reshard","scheduler"],)"
         "\"vendor\":{\"name\":\"The Apache Software Foundation\"}}\n";
}

Answer all_databases(const Server& server, const Request& request) {
  server.require_admin(request);
  Answer reply;
  reply.chunks = {"["};
  std::string separator;
  for (const auto& [name, database] : server.databases) {
    std::string row = separator;
    append_string(row, name);
    reply.chunks.push_back(std::move(row));
    separator = ",";
  }
  reply.chunks.emplace_back("]");
  return reply;
}

Answer databases_info(const Server& server, const Request& request) {
  (void)server.user_of(request);
  const Json json = payload_of(request);
  if (!json.contains("keys"))
    throw Refusal{400, "bad_request", "Body must include `keys` component"};
  Answer reply;
  reply.chunks = {"["};
  for (const std::string name : json.at("keys")) {
    std::string row = reply.chunks.size() > 1 ? ",{\"key\":" : "{\"key\":";
    append_string(row, name);
    const Database* database = server.find(name);
    const bool is_found = database != nullptr && !server.unreachable.contains(name);
    row += !is_found ? ",\"error\":\"not_found\"}"
                     : ",\"info\":" + database_info(server, *database) + '}';
    reply.chunks.push_back(std::move(row));
  }
  reply.chunks.emplace_back("]");
  return reply;
}

Answer session(const Server& server, const Request& request) {
  const auto user = server.user_of(request);
  Json json = {{"ok", true}, {"userCtx", {{"name", nullptr}, {"roles", Json::array()}}}};
  if (!user.name.empty()) json["userCtx"]["name"] = user.name;
  if (user.is_admin) json["userCtx"]["roles"].push_back("_admin");
  return {200, json.dump() + '\n'};
}

Answer all_doctypes(const Server& server, const Request& request) {
  (void)server.user_of(request);
  Json names = Json::array();
  const std::string prefix = server.options.cozy_prefix + '/';
  for (const auto& [name, database] : server.databases) {
    if (!name.starts_with(prefix)) continue;
    std::string doctype = name.substr(prefix.size());
    std::ranges::replace(doctype, '-', '.');
    names.push_back(doctype);
  }
  return {200, names.dump() + '\n'};
}

Answer download(const Server& server, const Request& request) {
  (void)server.user_of(request);
  const auto file = server.files.find(request.path[2]);
  if (file == server.files.end()) throw Refusal{404, "file does not exist", ""};
  return {200, file->second.bytes, file->second.content_type};
}

bool is_legal_name(std::string_view name) {
  constexpr std::string_view kOthers = "0123456789_$()+-/";
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  return !name.empty() && is_letter(name.front()) && std::ranges::all_of(name, [&](char c) {
    return is_letter(c) || kOthers.find(c) != std::string_view::npos;
  });
}

// PUT, GET and DELETE of a database.
Answer answer_database_itself(Server& server, const Request& request, const std::string& name) {
  if (request.method == "PUT") {
    server.require_admin(request);
    if (!is_legal_name(name)) {
      throw Refusal{
          400, "illegal_database_name",
          "Name: '" + name +
              "'. Only lowercase characters (a-z), digits (0-9), and any of the "
              "characters _, $, (, ), +, -, and / are allowed. Must begin with a letter."};
    }
    if (server.find(name) != nullptr) {
      throw Refusal{412, "file_exists",
                    "The database could not be created, the file already exists."};
    }
    server.create(name);
    return {201, kOk.payload};
  }
  const Database* database = server.find(name);
  if (database == nullptr) throw kNoDatabase;
  if (request.method == "DELETE") {
    server.require_admin(request);
    server.drop(name);
    return kOk;
  }
  server.require_member(request, name);
  if (server.unreachable.contains(name)) throw Refusal{500, "nodedown", "progress not possible"};
  return {200, database_info(server, *database) + '\n'};
}

// "_local%2Fx" is "_local/x".
std::vector<std::string> parts_of_document(std::vector<std::string> path) {
  for (const std::string_view special : {"_local", "_design"}) {
    if (path.empty() || !path[0].starts_with(std::string(special) + '/')) continue;
    path.insert(path.begin() + 1, path[0].substr(special.size() + 1));
    path[0] = special;
  }
  return path;
}

Answer answer_in_database(Server& server, const Request& request, std::vector<std::string> path) {
  const std::string name = path.front();
  path.erase(path.begin());
  Database* database = server.find(name);
  if (database == nullptr) throw kNoDatabase;
  server.require_member(request, name);
  const DatabaseRequest asked{server, request, *database, parts_of_document(std::move(path))};
  if (asked.path[0] == "_local") return answer_local_document(asked);
  if (asked.path[0] == "_design") {
    if (request.method != "GET") {
      const auto user = server.user_of(request);
      if (!user.is_admin) throw Refusal{403, "forbidden", "You are not a db or server admin."};
    }
    return answer_document(asked);
  }
  if (asked.path[0].starts_with('_')) return answer_database(asked);
  return asked.path.size() == 1 ? answer_document(asked) : answer_attachment(asked);
}

Answer route(Server& server, const Request& request, const std::vector<std::string>& path) {
  const auto& options = server.options;
  if (path.empty()) return {200, welcome(server)};
  const std::string& first = path[0];
  if (options.dialect == CouchDialect::kCozy) {
    if (first == "_all_doctypes") return all_doctypes(server, request);
    if (first == "files" && path.size() == 3 && path[1] == "download")
      return download(server, request);
    if (path.size() == 2 && path[1] == "_purged_infos") throw kNoDatabase;
    if (!first.starts_with(options.cozy_prefix + '/')) throw Refusal{404, "Not Found", ""};
  }
  if (first == "_all_dbs") return all_databases(server, request);
  if (first == "_dbs_info" && options.dialect != CouchDialect::kCouchdb1)
    return databases_info(server, request);
  if (first == "_session") return session(server, request);
  if (first == "_up") return {200, "{\"status\":\"ok\",\"seeds\":{}}\n"};
  if (path.size() == 1) return answer_database_itself(server, request, first);
  return answer_in_database(server, request, path);
}

}  // namespace

Json payload_of(const Request& request) {
  const std::string type = request.field("Content-Type");
  if (!type.empty() && !type.starts_with("application/json"))
    throw Refusal{415, "bad_content_type", "Content-Type must be application/json"};
  Json json = Json::parse(request.http.body(), nullptr, false);
  if (json.is_discarded()) throw Refusal{400, "bad_request", "invalid UTF-8 JSON"};
  return json;
}

std::vector<std::string> couch_path(const Server& server, const Request& request) {
  std::vector<std::string> path = request.path;
  if (server.options.dialect != CouchDialect::kCozy || path.empty() || path[0] != "data")
    return path;
  path.erase(path.begin());
  if (path.empty() || path[0] == "_all_doctypes") return path;
  std::string name = server.options.cozy_prefix + '/';
  for (const char c : path[0]) {
    name +=
        c == '.' || c == ':' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  path[0] = std::move(name);
  return path;
}

Answer answer(Server& server, const Request& request) {
  try {
    return route(server, request, couch_path(server, request));
  } catch (const Refusal& refused) {
    Answer reply = refusal(refused);
    // CouchDB has not read what was sent to it then.
    reply.close = request.method == "POST" && refused.status != 400 && refused.status != 401;
    if (refused.status == 405) reply.fields = "Allow: POST\r\n";
    return reply;
  } catch (const nlohmann::json::exception& error) {
    return refusal({400, "bad_request", error.what()});
  }
}

std::string route_name(const Server& server, const Request& request) {
  const auto path = couch_path(server, request);
  if (path.empty()) return request.method + " /";
  if (path.size() == 1)
    return request.method + (path[0].starts_with('_') ? ' ' + path[0] : " database");
  if (path[1].starts_with('_')) return request.method + ' ' + path[1].substr(0, path[1].find('/'));
  return request.method + (path.size() == 2 ? " document" : " attachment");
}

}  // namespace support::memory
