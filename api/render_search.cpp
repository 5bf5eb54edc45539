#include "api/render_search.hpp"

#include <fmt/format.h>

#include "api/json_members.hpp"
#include "api/render.hpp"
#include "api/search_cursor.hpp"

namespace api {

using mail::JsonWriter;

std::string_view facet_name(indexer::Facet facet) {
  for (const auto& each : indexer::kFacets) {
    if (each.facet == facet) return each.name;
  }
  return {};
}

void write_hit(JsonWriter& json, const indexer::SearchAnswer::Found& found,
               std::string_view account) {
  const bool is_mail = found.kind == indexer::Kind::kMail;
  json.begin_object().key("kind").string(is_mail ? "mail" : "file");
  if (!account.empty()) json.key("account").string(account);
  json.key(is_mail ? "message" : "file").raw(found.row);
  json.key("score").number(found.score);
  if (!found.subject.empty() || !found.preview.empty()) {
    json.key("snippet").begin_object().key("subject").string(found.subject);
    json.key("preview").string(found.preview);
    write_text_or_null(json, "part", found.part);
    json.end_object();
  }
  json.end_object();
}

void write_facets(JsonWriter& json, const std::vector<indexer::FacetCounts>& facets) {
  json.key("facets").begin_object();
  bool is_exact = true;
  for (const auto& facet : facets) {
    is_exact = is_exact && facet.is_exact;
    json.key(facet_name(facet.facet)).begin_array();
    for (const auto& [value, count] : facet.values)
      json.begin_object().key("value").string(value).key("count").number(count).end_object();
    json.end_array();
  }
  json.end_object();
  if (!facets.empty()) json.key("facetsAreExact").boolean(is_exact);
}

void write_index(JsonWriter& json, const indexer::IndexState& index) {
  json.key("index").begin_object().key("complete").boolean(index.complete);
  json.key("pending").number(index.pending).key("failed").number(index.failed).end_object();
}

void write_explanation(JsonWriter& json, const indexer::Explanation& explanation) {
  json.key("explain").begin_object().key("query").string(explanation.query);
  json.key("languages").begin_array();
  for (const auto& language : explanation.languages) json.string(language);
  json.end_array().key("parts").begin_array();
  for (const auto& part : explanation.parts) {
    json.begin_object().key("text").string(part.text).key("matches").number(part.matches);
    json.key("terms").begin_array();
    for (const auto& [term, entries] : part.terms)
      json.begin_object().key("term").string(term).key("entries").number(entries).end_object();
    json.end_array().end_object();
  }
  json.end_array().key("plan").string(explanation.plan).end_object();
}

std::string render_search(const indexer::SearchAnswer& answer,
                          const indexer::SearchRequest& request) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("hits").begin_array();
  for (const auto& found : answer.hits) write_hit(json, found, {});
  json.end_array();
  json.key("total").number(answer.total).key("totalIsExact").boolean(answer.total_is_exact);
  json.key("partial").boolean(answer.is_partial);
  write_facets(json, answer.facets);
  if (answer.did_you_mean) json.key("didYouMean").string(*answer.did_you_mean);
  if (answer.explanation) write_explanation(json, *answer.explanation);
  json.key("next");
  answer.next ? json.string(to_cursor(request, *answer.next)) : json.null();
  write_index(json, answer.index);
  json.end_object();
  return out;
}

}  // namespace api
