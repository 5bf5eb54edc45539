// Searches of one account, and of several at once.
#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <nlohmann/json.hpp>

#include "api/indexing.hpp"
#include "api/render.hpp"
#include "api/render_search.hpp"
#include "api/route.hpp"
#include "api/search_call.hpp"
#include "api/search_cursor.hpp"
#include "indexer/base64url.hpp"
#include "indexer/index_damaged.hpp"

namespace api {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxManyCursor = 16 << 10;

// One of the accounts that are searched together.
struct Searched {
  std::shared_ptr<indexer::Account> account;
  std::string after;  // cursor in this account; empty: from the beginning
  indexer::SearchRequest request;
  indexer::SearchAnswer answer;
  std::size_t taken = 0;  // hits that are on the page
};

// The first mailbox or thread of the query that none of the accounts has.
std::optional<indexer::QueryError> find_unknown(const indexer::Query& query,
                                                const std::vector<Searched>& searched) {
  std::optional<indexer::QueryError> unknown;
  const auto is_nowhere = [&](const auto& is_in) {
    return !unknown && std::none_of(searched.begin(), searched.end(),
                                    [&](const Searched& each) { return is_in(*each.account); });
  };
  indexer::for_each_part(query, [&](const indexer::Query& part) {
    if (const auto* box = std::get_if<indexer::MatchMailbox>(&part.node)) {
      if (is_nowhere([&](const auto& in) { return box->means(in.find_mailbox(box->name)); }))
        unknown = {fmt::format("none of these accounts has a mailbox \"{}\"", box->name),
                   box->position};
    } else if (const auto* thread = std::get_if<indexer::MatchThread>(&part.node)) {
      if (is_nowhere([&](const auto& in) { return !in.thread(thread->id).empty(); }))
        unknown = {fmt::format("none of these accounts has a thread \"{}\"", thread->id),
                   thread->position};
    }
  });
  return unknown;
}

// Cursors of the accounts, as the last page left them.
bool read_cursors(const std::optional<std::string>& cursor, std::vector<Searched>& searched) {
  if (!cursor) return true;
  if (cursor->size() > kMaxManyCursor) return false;
  const auto text = indexer::from_base64url(*cursor);
  const auto places = text ? json::parse(*text, nullptr, false) : json();
  if (!places.is_object() || places.size() != searched.size()) return false;
  for (auto& each : searched) {
    const auto place = places.find(each.account->name());
    if (place == places.end() || !place->is_string()) return false;
    each.after = place->get<std::string>();
    if (each.after.empty()) continue;
    each.request.after = from_cursor(each.request, each.after);
    if (!each.request.after) return false;
  }
  return true;
}

// Whether the next hit of an account comes before that of one that is named earlier. Where they are
// equal (the same message), it does in ascending orders, so that these are the reverse of the others.
bool comes_first(const Searched& later, const Searched& earlier) {
  const auto& one = later.answer.hits[later.taken];
  const auto& other = earlier.answer.hits[earlier.taken];
  switch (later.request.order) {
    case indexer::SearchOrder::kRelevance:
      return one.score > other.score;
    case indexer::SearchOrder::kSorted:
      return one.place.key == other.place.key
                 ? later.request.ascending
                 : indexer::comes_before(later.request, one.place.key, other.place.key);
    case indexer::SearchOrder::kDate:
      break;
  }
  return indexer::comes_before(one.place.newest_first, other.place.newest_first);
}

// Takes the first `limit` hits of all; a stable order, so that pages do not overlap.
std::vector<std::size_t> merge(std::vector<Searched>& searched, std::size_t limit) {
  std::vector<std::size_t> order;
  while (order.size() < limit) {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < searched.size(); ++i) {
      if (searched[i].taken == searched[i].answer.hits.size()) continue;
      if (!best || comes_first(searched[i], searched[*best])) best = i;
    }
    if (!best) break;
    ++searched[*best].taken;
    order.push_back(*best);
  }
  return order;
}

std::string cursor_of(const Searched& each) {
  if (each.taken == 0) return each.after;
  return to_cursor(each.request, each.answer.hits[each.taken - 1].place);
}

std::optional<std::string> next_cursor(const std::vector<Searched>& searched) {
  bool has_more = false;
  json places = json::object();
  for (const auto& each : searched) {
    has_more = has_more || each.taken < each.answer.hits.size() || each.answer.next;
    places[each.account->name()] = cursor_of(each);
  }
  if (!has_more) return std::nullopt;
  return indexer::to_base64url(places.dump());
}

std::vector<indexer::FacetCounts> merged_facets(const std::vector<Searched>& searched) {
  std::vector<indexer::FacetCounts> merged;
  for (const auto& each : searched) {
    for (const auto& facet : each.answer.facets) {
      auto found = std::find_if(merged.begin(), merged.end(),
                                [&](const auto& known) { return known.facet == facet.facet; });
      if (found == merged.end()) {
        merged.push_back(facet);
        continue;
      }
      std::map<std::string, std::int64_t> counts(found->values.begin(), found->values.end());
      for (const auto& [value, count] : facet.values) counts[value] += count;
      found->values.assign(counts.begin(), counts.end());
      found->is_exact = found->is_exact && facet.is_exact;
    }
  }
  for (auto& facet : merged) {
    std::stable_sort(facet.values.begin(), facet.values.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    if (facet.values.size() > indexer::kMaxFacetValues)
      facet.values.resize(indexer::kMaxFacetValues);
  }
  return merged;
}

std::string render_merged(const std::vector<Searched>& searched,
                          const std::vector<std::size_t>& order) {
  std::string out;
  mail::JsonWriter writer(out);
  writer.begin_object().key("hits").begin_array();
  std::vector<std::size_t> written(searched.size(), 0);
  for (const auto i : order)
    write_hit(writer, searched[i].answer.hits[written[i]++], searched[i].account->name());
  writer.end_array();
  std::int64_t total = 0;
  bool is_exact = true, is_partial = false;
  indexer::IndexState index;
  index.complete = true;
  for (const auto& each : searched) {
    total += each.answer.total;
    is_exact = is_exact && each.answer.total_is_exact;
    is_partial = is_partial || each.answer.is_partial;
    index.complete = index.complete && each.answer.index.complete;
    index.pending += each.answer.index.pending;
    index.failed += each.answer.index.failed;
  }
  writer.key("total").number(total).key("totalIsExact").boolean(is_exact);
  writer.key("partial").boolean(is_partial);
  write_facets(writer, merged_facets(searched));
  if (total < indexer::kFewHits) {
    for (const auto& each : searched) {
      if (!each.answer.did_you_mean) continue;
      writer.key("didYouMean").string(*each.answer.did_you_mean);
      break;
    }
  }
  const auto next = next_cursor(searched);
  writer.key("next");
  next ? writer.string(*next) : writer.null();
  write_index(writer, index);
  writer.end_object();
  return out;
}

// An index that turns out to be damaged is rebuilt.
indexer::QueryResult<indexer::SearchAnswer> search_in(const Call& call,
                                                      const indexer::Account& account,
                                                      const indexer::SearchRequest& request,
                                                      bool snippets) {
  try {
    return account.search(request, snippets);
  } catch (const indexer::IndexDamaged&) {
    reindex_unasked(call.tasks, account.name(), kReindexForDamage);
    throw;
  }
}

// Snippets read bodies, so they are made for the hits on the page alone.
std::optional<indexer::QueryError> add_snippets(const Call& call, std::vector<Searched>& searched) {
  for (auto& each : searched) {
    if (each.taken == 0) continue;
    auto request = each.request;
    request.limit = each.taken;
    request.facets.clear();
    auto answer = search_in(call, *each.account, request, true);
    if (!answer) return answer.error();
    const auto hits = std::min(answer->hits.size(), each.taken);
    for (std::size_t i = 0; i < hits; ++i) {
      if (answer->hits[i].place == each.answer.hits[i].place)
        each.answer.hits[i] = std::move(answer->hits[i]);
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<HttpResponse> check_search(const HttpRequest& request) {
  auto read = read_search(request);
  if (std::holds_alternative<SearchCall>(read)) return std::nullopt;
  return std::get<HttpResponse>(std::move(read));
}

HttpResponse search(const Call& call, indexer::Account& account) {
  auto read = read_search(call.request);
  if (std::holds_alternative<HttpResponse>(read)) return std::get<HttpResponse>(std::move(read));
  auto& search = std::get<SearchCall>(read);
  search.request.query = &search.query;
  const auto answer = search_in(call, account, search.request, search.snippets);
  if (!answer) return bad_query(search, answer.error());
  return json_response(render_search(*answer, search.request));
}

HttpResponse search_several(const Call& call) {
  HttpRequest request = call.request;
  request.query.erase("accounts");
  auto read = read_search(request, /*several=*/true);
  if (std::holds_alternative<HttpResponse>(read)) return std::get<HttpResponse>(std::move(read));
  auto& search = std::get<SearchCall>(read);
  search.request.query = &search.query;
  search.request.is_one_of_several = true;

  std::vector<Searched> searched;
  const auto names = accounts_in(call.request);
  if (auto refusal = refuse_account_count(names)) return *std::move(refusal);
  for (const auto& name : names) {
    auto account = call.accounts.find(name);
    if (!account) return unknown_account(name);
    call.replication.mark_used(account->name());
    searched.push_back({std::move(account), {}, search.request, {}, 0});
  }
  if (!read_cursors(search.after, searched)) return bad_search_cursor();
  if (const auto error = find_unknown(search.query, searched)) return bad_query(search, *error);

  for (auto& each : searched) {
    auto answer = search_in(call, *each.account, each.request, false);
    if (!answer) return bad_query(search, answer.error());
    each.answer = std::move(*answer);
  }
  const auto order = merge(searched, search.request.limit);
  if (search.snippets) {
    if (const auto error = add_snippets(call, searched)) return bad_query(search, *error);
  }
  for (const auto& each : searched)
    call.metrics.content_reads(each.account->stores().content_reads(), each.account->name());
  return json_response(render_merged(searched, order));
}

}  // namespace api
