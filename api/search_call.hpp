// A search request, read from the parameters of a GET or the JSON of a POST.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "api/route.hpp"
#include "indexer/account.hpp"

namespace api {

struct SearchCall {
  std::string text;  // the query as it was written; empty where it was a JSON filter
  indexer::Query query;
  indexer::SearchRequest request;  // its `query` is to be set to the one above
  bool snippets = true;
  std::optional<std::string> after;  // the cursor as it came
};

// Names that GET …/search knows; POST has them as members of an object, with "filter" beside "q".
inline constexpr std::string_view kSearchParameters[] = {
    "q", "sort", "limit", "after", "snippets", "kind", "threads", "facets", "explain", "timeout"};

// The call, or the answer that says what is wrong with it. With `several`, cursors are of a search
// in several accounts.
[[nodiscard]] std::variant<SearchCall, HttpResponse> read_search(const HttpRequest& request,
                                                                 bool several = false);

// The 400 answer, with the position of the mistake. For a JSON filter only the message names the
// place.
[[nodiscard]] HttpResponse bad_query(const SearchCall& call, const indexer::QueryError& error);

// The 400 answer to an `after` that belongs to another search.
[[nodiscard]] HttpResponse bad_search_cursor();

// "date", "relevance", or a sort of lists ("subject", "-size" …); false for another name.
[[nodiscard]] bool set_search_order(indexer::SearchRequest& request, std::string_view name);
[[nodiscard]] std::vector<std::string> search_orders();

// Parses a list such as "sender,year". Nothing when a name is unknown; it is then put into
// `unknown`.
[[nodiscard]] std::optional<std::vector<indexer::Facet>> parse_facets(std::string_view names,
                                                                      std::string& unknown);
[[nodiscard]] std::string known_facets();

}  // namespace api
