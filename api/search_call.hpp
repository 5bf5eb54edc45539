// What a client asks of a search, read from the parameters of a request or from its JSON.
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

// The call, or the answer that says what is wrong with it. With `several`, cursors are those of several accounts.
[[nodiscard]] std::variant<SearchCall, HttpResponse> read_search(const HttpRequest& request,
                                                                 bool several = false);

// 400, with the position of what cannot be read; where the query was JSON, its message alone names the place.
[[nodiscard]] HttpResponse bad_query(const SearchCall& call, const indexer::QueryError& error);

// 400, for an `after` that is of another search.
[[nodiscard]] HttpResponse bad_search_cursor();

// "date", "relevance", or a sort of lists ("subject", "-size" …); false for another name.
[[nodiscard]] bool set_search_order(indexer::SearchRequest& request, std::string_view name);
[[nodiscard]] std::vector<std::string> search_orders();

// "sender,year"; nothing, and the name that is none in `unknown`, for what is no list of facets.
[[nodiscard]] std::optional<std::vector<indexer::Facet>> parse_facets(std::string_view names,
                                                                      std::string& unknown);
[[nodiscard]] std::string known_facets();

}  // namespace api
