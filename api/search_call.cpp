#include "api/search_call.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "api/list_parameters.hpp"
#include "api/search_cursor.hpp"
#include "api/text_list.hpp"
#include "indexer/strict_json.hpp"

namespace api {
namespace {

using nlohmann::json;

constexpr std::chrono::milliseconds kMaxTimeout = std::chrono::seconds(30);
// A filter's levels, and those of the lists and of the object around it.
constexpr int kMaxBodyDepth = 3 * indexer::kMaxQueryDepth + 1;

HttpResponse bad_body(const std::string& message) {
  return error_response(400, "badParameter", message);
}

bool is_numeric(std::string_view member) { return member == "limit" || member == "timeout"; }

bool is_switch(std::string_view member) {
  return member == "snippets" || member == "threads" || member == "explain";
}

// A member as a parameter is written, which is read there; nothing for a value of another type than
// the member's.
std::optional<std::string> as_parameter(std::string_view name, const json& value) {
  if (is_numeric(name)) {
    if (value.is_number_integer()) return value.dump();
    if (name == "limit" || !value.is_string()) return std::nullopt;
  }
  if (is_switch(name)) {
    if (!value.is_boolean()) return std::nullopt;
    return value.get<bool>() ? "true" : "false";
  }
  if (name == "facets") {
    if (!value.is_array()) return std::nullopt;
    std::string list;
    for (const auto& item : value) {
      if (!item.is_string()) return std::nullopt;
      list += (list.empty() ? "" : ",") + item.get<std::string>();
    }
    return list;
  }
  return value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
}

std::string_view type_of(std::string_view member) {
  if (member == "limit") return "a whole number";
  if (member == "timeout") return "a whole number of milliseconds, or a string such as \"5s\"";
  if (member == "facets") return "a list of strings";
  return is_switch(member) ? "true or false" : "a string";
}

std::variant<SearchCall, HttpResponse> read_parameters(const HttpRequest& request) {
  SearchCall call;
  Parameters parameters(request);
  call.text = parameters.text("q");
  const auto sort = parameters.text("sort");
  if (!sort.empty() && !set_search_order(call.request, sort)) {
    return bad_body(fmt::format("parameter 'sort' must be {}, not '{}'",
                                fmt::join(search_orders(), ", "), sort));
  }
  call.request.limit = parameters.number("limit", 1, kMaxRows, kDefaultRows);
  call.after = parameters.cursor("after");
  call.snippets = parameters.flag("snippets", true);
  call.request.threads = parameters.flag("threads", false);
  call.request.explain = parameters.flag("explain", false);
  call.request.timeout = parameters.timeout("timeout", kMaxTimeout).value_or(call.request.timeout);
  if (request.query.contains("kind")) {
    const bool is_mail = parameters.choice("kind", {"mail", "file"}) == "mail";
    call.request.kind = is_mail ? indexer::Kind::kMail : indexer::Kind::kFile;
  }
  std::string unknown;
  if (auto facets = parse_facets(parameters.text("facets"), unknown)) {
    call.request.facets = std::move(*facets);
  } else {
    return bad_body(fmt::format("there is no facet '{}'; known are {}", unknown, known_facets()));
  }
  if (parameters.mistake()) return *parameters.mistake();
  return call;
}

std::variant<SearchCall, HttpResponse> read_body(const HttpRequest& request) {
  const auto parsed = indexer::read_strict_json(request.payload, kMaxBodyDepth);
  if (const auto* mistake = std::get_if<std::string>(&parsed))
    return bad_body("the body " + *mistake);
  const auto& body = std::get<json>(parsed);
  if (!body.is_object())
    return bad_body(
        R"(the body must be a JSON object, as {"filter": {"text": "…"}} or {"q": "…"})");
  HttpRequest as_parameters = request;
  for (const auto& [name, value] : body.items()) {
    if (name == "filter") continue;
    if (std::find(std::begin(kSearchParameters), std::end(kSearchParameters), name) ==
        std::end(kSearchParameters))
      return bad_body(fmt::format("unknown member \"{}\"; known are filter, {}", name,
                                  fmt::join(kSearchParameters, ", ")));
    const auto text = as_parameter(name, value);
    if (!text)
      return bad_body(
          fmt::format("\"{}\" has a value of a wrong type: it must be {}", name, type_of(name)));
    as_parameters.query.emplace(name, *text);
  }
  auto read = read_parameters(as_parameters);
  const auto filter = body.find("filter");
  if (filter == body.end() || !std::holds_alternative<SearchCall>(read)) return read;
  auto& call = std::get<SearchCall>(read);
  if (!call.text.empty())
    return bad_body("\"filter\" and \"q\" are two ways to say it: use one of them");
  call.request.written = filter->dump();
  call.request.is_text = false;
  auto query = indexer::parse_filter(call.request.written);
  if (!query) return bad_query(call, query.error());
  call.query = std::move(*query);
  return read;
}

std::variant<SearchCall, HttpResponse> read_question(const HttpRequest& request) {
  auto read = request.method == "POST" ? read_body(request) : read_parameters(request);
  if (!std::holds_alternative<SearchCall>(read)) return read;
  auto& call = std::get<SearchCall>(read);
  if (call.text.empty()) return read;
  call.request.written = call.text;
  auto query = indexer::parse_query(call.text);
  if (!query) return bad_query(call, query.error());
  call.query = std::move(*query);
  return read;
}

}  // namespace

HttpResponse bad_query(const SearchCall& call, const indexer::QueryError& error) {
  if (call.text.empty()) return error_response(400, "badQuery", error.message);
  return error_response(400, "badQuery", error.message, error.position);
}

HttpResponse bad_search_cursor() {
  return error_response(400, "badCursor",
                        "'after' must be the 'next' of an answer to the same search: the same "
                        "query, sort, kind, threads and accounts");
}

std::variant<SearchCall, HttpResponse> read_search(const HttpRequest& request, bool several) {
  auto read = read_question(request);
  if (!std::holds_alternative<SearchCall>(read)) return read;
  auto& call = std::get<SearchCall>(read);
  if (several || !call.after) return read;
  call.request.after = from_cursor(call.request, *call.after);
  if (!call.request.after) return bad_search_cursor();
  return read;
}

bool set_search_order(indexer::SearchRequest& request, std::string_view name) {
  request.order = indexer::SearchOrder::kSorted;
  if (name == "date" || name == "-received") {
    request.order = indexer::SearchOrder::kDate;
  } else if (name == "relevance") {
    request.order = indexer::SearchOrder::kRelevance;
  } else {
    const auto sorts = message_sorts();
    if (std::find(sorts.begin(), sorts.end(), name) == sorts.end()) return false;
    indexer::ListQuery list;
    set_sort(list, name);
    request.sort = list.sort;
    request.ascending = list.ascending;
  }
  return true;
}

std::vector<std::string> search_orders() {
  std::vector<std::string> orders{"date", "relevance"};
  for (const auto sort : message_sorts()) orders.emplace_back(sort);
  return orders;
}

std::optional<std::vector<indexer::Facet>> parse_facets(std::string_view names,
                                                        std::string& unknown) {
  std::vector<indexer::Facet> facets;
  for (const auto name : split_list(names)) {
    const auto* const found =
        std::find_if(std::begin(indexer::kFacets), std::end(indexer::kFacets),
                     [&](const indexer::FacetName& facet) { return facet.name == name; });
    if (found == std::end(indexer::kFacets)) {
      unknown = name;
      return std::nullopt;
    }
    facets.push_back(found->facet);
  }
  return facets;
}

std::string known_facets() {
  std::string names;
  for (const auto& facet : indexer::kFacets)
    names += fmt::format("{}{}", names.empty() ? "" : ", ", facet.name);
  return names;
}

}  // namespace api
