#include "tests/oracle/comparison.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace oracle {
namespace {

constexpr std::size_t kNamed = 3;  // entries of each kind of difference

std::string key_of(const std::string& account, bool is_file, const std::string& id) {
  return fmt::format("{}/{}/{}", account, is_file ? "files" : "messages", id);
}

std::vector<std::string> ids_of(const Answer& answer) {
  std::vector<std::string> ids;
  for (const auto& hit : answer.hits) ids.push_back(hit.id);
  return ids;
}

// Of the same message in two accounts the one or the other comes first, in either direction.
bool is_reverse(const Answer& answer, const Answer& other) {
  auto ids = ids_of(other);
  std::reverse(ids.begin(), ids.end());
  return ids_of(answer) == ids;
}

bool falls_in_size(const Entries& hits) {
  return std::is_sorted(hits.begin(), hits.end(),
                        [](const Entry* a, const Entry* b) { return a->size > b->size; });
}

std::string told(const Manner& manner) {
  return fmt::format("  sort={} kind={} threads={} limit={}:", manner.sort, manner.kind,
                     manner.threads, manner.page_size);
}

}  // namespace

Comparison::Comparison(Engine& engine, const std::vector<const Account*>& accounts, Random& random)
    : engine_(engine), random_(random) {
  for (const auto* account : accounts) {
    names_.push_back(account->name);
    matchers_.emplace_back(*account);
    for (const auto& entry : account->entries) {
      places_[key_of(account->name, entry.is_file, entry.id)] = entries_.size();
      entries_.push_back(&entry);
    }
  }
}

Manner Comparison::random_manner() {
  Manner manner;
  if (random_() % 4 == 0) manner.page_size = random_() % 2 == 0 ? 20 : 7;
  if (random_() % 6 == 0) manner.kind = random_() % 2 == 0 ? "mail" : "file";
  for (const char* facet : kFacets) {
    if (random_() % 4 == 0) manner.facets.emplace_back(facet);
  }
  return manner;
}

std::vector<Truth> Comparison::expected_of(const Query& query, const std::string& kind) const {
  std::vector<Truth> expected;
  for (const auto& matcher : matchers_) {
    const auto more = matcher.match(query);
    expected.insert(expected.end(), more.begin(), more.end());
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (!kind.empty() && entries_[i]->is_file != (kind == "file")) expected[i] = Truth::kNo;
  }
  return expected;
}

std::vector<std::string> Comparison::compare(const Query& query) {
  const auto manner = random_manner();
  const auto expected = expected_of(query, manner.kind);
  const auto text = to_text(query, random_);
  const auto filter = to_json(query, random_);
  std::vector<std::string> lines;
  const auto ask = [&](const auto& spelled, const std::string& asked) {
    const auto found = hold_against(spelled, expected, manner);
    if (found.empty()) return;
    lines.push_back(fmt::format("{} {} {}", fmt::join(names_, ","), asked, told(manner)));
    lines.insert(lines.end(), found.begin(), found.end());
  };
  if (text) ask(*text, "text: " + *text);
  ask(filter, "filter: " + filter.dump());
  if (lines.empty()) return lines;
  for (const auto& part : parts_of(query)) {
    if (auto inner = compare(*part); !inner.empty()) return inner;
  }
  return lines;
}

template <typename Spelled>
std::vector<std::string> Comparison::hold_against(const Spelled& spelled,
                                                  const std::vector<Truth>& expected,
                                                  const Manner& manner) {
  const auto answer = engine_.search(names_, spelled, manner);
  count(expected, answer);
  auto found = differences(expected, answer);
  if (!found.empty() || answer.is_partial) return found;
  const auto hits = entries_of(answer);
  auto fault = facet_fault(hits, answer.facets);
  if (fault.empty() && random_() % 4 == 0) fault = sort_fault(spelled, manner, hits);
  if (fault.empty() && random_() % 4 == 0) fault = collapse_fault(spelled, manner, hits);
  if (!fault.empty()) found.push_back("  " + fault);
  return found;
}

void Comparison::count(const std::vector<Truth>& expected, const Answer& answer) {
  ++counts_.queries;
  if (!answer.hits.empty()) ++counts_.found_something;
  if (answer.is_partial) ++counts_.partial;
  if (!answer.facets.empty()) ++counts_.faceted;
  counts_.hits += answer.hits.size();
  counts_.statements += expected.size();
  counts_.open +=
      static_cast<std::uint64_t>(std::count(expected.begin(), expected.end(), Truth::kOpen));
}

const Entry* Comparison::find(const Hit& hit) const {
  const auto& account = names_.size() == 1 ? names_.front() : hit.account;
  const auto place = places_.find(key_of(account, hit.is_file, hit.id));
  return place == places_.end() ? nullptr : entries_[place->second];
}

Entries Comparison::entries_of(const Answer& answer) const {
  Entries entries;
  for (const auto& hit : answer.hits) entries.push_back(find(hit));
  return entries;
}

std::vector<std::string> Comparison::differences(const std::vector<Truth>& expected,
                                                 const Answer& answer) const {
  if (!answer.error.empty()) return {"  refused: " + answer.error};
  std::vector<bool> is_hit(expected.size(), false);
  std::vector<std::string> lines;
  for (const auto& hit : answer.hits) {
    const auto* entry = find(hit);
    if (entry == nullptr) return {"  a hit that is no entry: " + hit.id};
    const auto place = places_.at(key_of(entry->account, entry->is_file, entry->id));
    if (is_hit[place]) lines.push_back("  found twice: " + named(*entry));
    is_hit[place] = true;
  }
  const auto name = [&](Truth wrong, bool hit, const char* what) {
    std::size_t number = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if (expected[i] != wrong || is_hit[i] != hit) continue;
      if (++number <= kNamed) lines.push_back(fmt::format("  {}: {}", what, named(*entries_[i])));
    }
    if (number > kNamed) lines.push_back(fmt::format("  {}: {} in all", what, number));
  };
  if (!answer.is_partial) name(Truth::kYes, false, "not found");
  name(Truth::kNo, true, "found wrongly");
  if (answer.total_is_exact && !answer.is_partial &&
      answer.total != static_cast<std::int64_t>(answer.hits.size()))
    lines.push_back(fmt::format("  total is {}, hits are {}", answer.total, answer.hits.size()));
  if (auto fault = date_order_fault(entries_of(answer)); !fault.empty())
    lines.push_back("  " + fault);
  return lines;
}

template <typename Spelled>
std::string Comparison::sort_fault(const Spelled& spelled, Manner manner, const Entries& all) {
  ++counts_.sorted;
  manner.facets.clear();
  const bool by_relevance = random_() % 2 == 0;
  const std::string sort = by_relevance ? "relevance" : kSorts[random_() % std::size(kSorts)];
  manner.sort = sort;
  const auto whole = engine_.search(names_, spelled, manner);
  manner.page_size = 3 + static_cast<int>(random_() % 30);
  if (!by_relevance) manner.sort = "-" + sort;
  const auto paged = engine_.search(names_, spelled, manner);
  for (const auto* answer : {&whole, &paged}) {
    if (!answer->error.empty()) return told(manner) + answer->error;
    if (answer->is_partial) return "";
    if (auto fault = set_fault(all, entries_of(*answer)); !fault.empty())
      return told(manner) + fault;
    if (answer->total_is_exact && answer->total != static_cast<std::int64_t>(all.size()))
      return told(manner) + fmt::format("total is {}, not {}", answer->total, all.size());
  }
  if (by_relevance) {
    if (auto fault = score_fault(paged.hits); !fault.empty()) return told(manner) + fault;
    return entries_of(whole) == entries_of(paged) ? "" : told(manner) + "pages in another order";
  }
  if (!is_reverse(whole, paged)) return told(manner) + "not the reverse of the other direction";
  return sort != "size" || falls_in_size(entries_of(paged)) ? "" : told(manner) + "sizes rise";
}

template <typename Spelled>
std::string Comparison::collapse_fault(const Spelled& spelled, Manner manner, const Entries& all) {
  ++counts_.collapsed;
  manner.facets.clear();
  auto expected = first_of_threads(all);
  if (random_() % 2 == 0) {
    manner.sort = "relevance";
    const auto sorted = engine_.search(names_, spelled, manner);
    if (sorted.is_partial || !sorted.error.empty()) return sorted.error;
    expected = first_of_threads(entries_of(sorted));
  }
  manner.threads = true;
  manner.page_size = 3 + static_cast<int>(random_() % 30);
  const auto collapsed = engine_.search(names_, spelled, manner);
  if (!collapsed.error.empty()) return told(manner) + collapsed.error;
  if (collapsed.is_partial) return "";
  const auto hits = entries_of(collapsed);
  if (auto fault = set_fault(expected, hits); !fault.empty()) return told(manner) + fault;
  if (hits != expected) return told(manner) + "in another order";
  if (collapsed.total_is_exact && collapsed.total != static_cast<std::int64_t>(hits.size()))
    return told(manner) + fmt::format("total is {}, not {}", collapsed.total, hits.size());
  return "";
}

}  // namespace oracle
