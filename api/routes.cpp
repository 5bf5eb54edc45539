#include "api/routes.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include "api/percent.hpp"
#include "api/route.hpp"
#include "api/search_call.hpp"

namespace api {
namespace {

std::vector<std::string_view> search_several_parameters() {
  std::vector<std::string_view> names{"accounts"};
  names.insert(names.end(), std::begin(kSearchParameters), std::end(kSearchParameters));
  return names;
}

const std::vector<Route>& table() {
  static const std::vector<Route> routes = {
      {"GET", "/", {"account"}, get_web_page},
      {"GET", "/healthz", {}, get_health},
      {"GET", "/metrics", {}, get_metrics},
      {"GET", "/openapi.json", {}, get_openapi},
      {"GET", "/v1/accounts/{account}/mailboxes", {}, with_account<get_mailboxes>},
      {"GET",
       "/v1/accounts/{account}/messages",
       {"mailbox", "keyword", "unread", "seen", "flagged", "answered", "draft", "attachment",
        "threads", "sort", "limit", "after", "before", "anchor", "anchorOffset", "around", "ids"},
       with_account<get_messages>},
      {"GET",
       "/v1/accounts/{account}/messages/changes",
       {"since", "mailbox", "keyword", "unread", "seen", "flagged", "answered", "draft",
        "attachment", "limit"},
       with_account<get_changes>},
      {"GET", "/v1/accounts/{account}/messages/{id}", {}, with_account<get_message>},
      {"GET",
       "/v1/accounts/{account}/messages/{id}/body",
       {"type", "images"},
       with_account<get_body>},
      {"GET", "/v1/accounts/{account}/messages/{id}/conflicts", {}, with_account<get_conflicts>},
      {"GET", "/v1/accounts/{account}/messages/{id}/raw", {}, with_account<get_raw>},
      {"GET",
       "/v1/accounts/{account}/messages/{id}/attachments/{partId}",
       {},
       with_account<get_attachment>},
      {"GET", "/v1/accounts/{account}/threads/{id}", {}, with_account<get_thread>},
      {"GET",
       "/v1/accounts/{account}/files",
       {"sort", "limit", "after", "before", "anchor", "anchorOffset", "around"},
       with_account<get_files>},
      {"GET", "/v1/accounts/{account}/files/{id}", {}, with_account<get_file>},
      {"GET",
       "/v1/accounts/{account}/search",
       {std::begin(kSearchParameters), std::end(kSearchParameters)},
       with_account<search>},
      {"POST", "/v1/accounts/{account}/search", {}, with_account<search>},
      {"GET", "/v1/search", search_several_parameters(), search_several},
      {"POST", "/v1/search", {"accounts"}, search_several},
      {"GET", "/v1/accounts/{account}/complete", {"q", "limit"}, with_account<get_complete>},
      {"POST", "/v1/accounts/{account}/sync", {}, post_sync},
      {"GET", "/v1/admin/accounts", {}, get_accounts},
      {"GET", "/v1/admin/sources", {}, get_sources},
      {"DELETE", "/v1/admin/accounts/{account}", {"confirm"}, delete_account},
      {"POST", "/v1/admin/accounts/{account}/pause", {}, post_pause},
      {"POST", "/v1/admin/accounts/{account}/resume", {}, post_resume},
      {"POST", "/v1/admin/accounts/{account}/resync", {}, post_resync},
      {"POST",
       "/v1/admin/accounts/{account}/quarantine/retry",
       {"doc"},
       with_account<post_quarantine_retry>},
      {"POST",
       "/v1/admin/accounts/{account}/quarantine/ignore",
       {"doc"},
       with_account<post_quarantine_ignore>},
      {"GET", "/v1/admin/quarantine", {"account"}, get_quarantine},
      {"POST", "/v1/admin/accounts/{account}/sync", {}, post_sync_task},
      {"POST", "/v1/admin/accounts/{account}/reindex", {}, with_account<post_reindex>},
      {"POST", "/v1/admin/accounts/{account}/compact", {}, with_account<post_compact>},
      {"POST", "/v1/admin/accounts/{account}/doctor", {}, post_doctor},
      {"POST", "/v1/admin/accounts/{account}/backup", {}, with_account<post_backup>},
      {"POST", "/v1/admin/accounts/{account}/import", {}, post_import},
      {"GET", "/v1/admin/tasks", {}, get_tasks},
      {"GET", "/v1/admin/tasks/{id}", {}, get_task},
      {"DELETE", "/v1/admin/tasks/{id}", {}, delete_task},
      {"GET", "/v1/admin/status", {}, get_status},
  };
  return routes;
}

// Takes the first segment off a path that begins with '/'.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

// What stood for each {…}, still encoded; nothing when the path is not of that pattern.
std::optional<std::vector<std::string_view>> match(std::string_view pattern,
                                                   std::string_view path) {
  std::vector<std::string_view> segments;
  while (!pattern.empty() && !path.empty()) {
    const std::string_view expected = take_segment(pattern);
    const std::string_view given = take_segment(path);
    if (expected.starts_with('{')) {
      if (given.empty()) return std::nullopt;
      segments.push_back(given);
    } else if (expected != given) {
      return std::nullopt;
    }
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return segments;
}

struct Match {
  const Route* route = nullptr;
  std::vector<std::string_view> segments;
  std::vector<const Route*> other_methods;  // routes of the same path
};

Match find_route(const HttpRequest& request) {
  Match found;
  for (const Route& route : table()) {
    auto segments = match(route.pattern, request.path);
    if (!segments) continue;
    if (route.method == request.method) {
      found.route = &route;
      found.segments = std::move(*segments);
      return found;
    }
    found.other_methods.push_back(&route);
  }
  return found;
}

HttpResponse wrong_method(const HttpRequest& request, const std::vector<const Route*>& routes) {
  std::vector<std::string_view> allowed;
  for (const Route* route : routes) {
    allowed.push_back(route->method);
    if (route->method == "GET") allowed.push_back("HEAD");
  }
  const std::string_view pattern = routes.front()->pattern;
  HttpResponse response =
      pattern.starts_with("/v1/accounts/{account}/messages")
          ? error_response(405, "readOnly",
                           "messages are not changed here: change them in CouchDB by docId and rev "
                           "(both are in every "
                           "list); the change arrives by replication")
          : error_response(405, "methodNotAllowed",
                           fmt::format("{} is not possible on {}; allowed: {}", request.method,
                                       pattern, fmt::join(allowed, ", ")));
  response.fields.emplace_back("Allow", fmt::format("{}", fmt::join(allowed, ", ")));
  return response;
}

std::optional<HttpResponse> refuse_unknown_parameter(const Route& route,
                                                     const HttpRequest& request) {
  for (const auto& parameter : request.query) {
    const auto& known = route.parameters;
    if (std::find(known.begin(), known.end(), parameter.first) != known.end()) continue;
    const std::string choice =
        known.empty() ? "there are none here" : fmt::format("known are {}", fmt::join(known, ", "));
    return error_response(400, "badParameter",
                          fmt::format("unknown parameter '{}'; {}", parameter.first, choice));
  }
  return std::nullopt;
}

}  // namespace

std::span<const Route> route_table() { return table(); }

struct Routes::State {
  const Config& config;
  Accounts& accounts;
  Tasks& tasks;
  Replication& replication;
  Metrics& metrics;

  [[nodiscard]] HttpResponse answer(const Match& match, const HttpRequest& request);
  [[nodiscard]] HttpResponse dispatch(const Match& match, const HttpRequest& request);
};

HttpResponse Routes::State::dispatch(const Match& match, const HttpRequest& request) {
  if (match.route == nullptr) {
    if (!match.other_methods.empty()) return wrong_method(request, match.other_methods);
    return unknown("route", request.path, "the routes are described by GET /openapi.json");
  }
  if (auto refusal = refuse_unknown_parameter(*match.route, request)) return std::move(*refusal);
  Call call{request, {}, config, accounts, tasks, replication, metrics};
  for (const auto segment : match.segments) {
    auto decoded = percent_decode(segment);
    if (!decoded) {
      return error_response(
          400, "badParameter",
          fmt::format("'{}' in the path is not percent-encoded: '%' needs two hex digits",
                      segment));
    }
    call.segments.push_back(std::move(*decoded));
  }
  return match.route->handle(call);
}

HttpResponse Routes::State::answer(const Match& match, const HttpRequest& request) {
  try {
    return dispatch(match, request);
  } catch (const indexer::AccountBusy& busy) {
    return error_response(503, "accountBusy", busy.what());
  } catch (const std::exception& error) {
    if (accounts.disk().note(error)) {
      return error_response(507, "noSpace",
                            "there is no space left on the disk: what is here can be read, as far "
                            "as that writes nothing");
    }
    spdlog::error("{} {}: {}", request.method, match.route != nullptr ? match.route->pattern : "?",
                  error.what());
    return error_response(500, "internal",
                          "something went wrong here; the log of the server says what");
  }
}

Routes::Routes(const Config& config, Accounts& accounts, Tasks& tasks, Replication& replication,
               Metrics& metrics)
    : state_(new State{config, accounts, tasks, replication, metrics}) {}

Routes::~Routes() = default;

HttpResponse Routes::handle(const HttpRequest& request) const {
  const auto began = std::chrono::steady_clock::now();
  const Match match = request.path.starts_with('/') ? find_route(request) : Match{};
  HttpResponse response = state_->answer(match, request);
  state_->metrics.request(match.route != nullptr ? match.route->pattern : "none", response.status,
                          std::chrono::steady_clock::now() - began);
  return response;
}

}  // namespace api
