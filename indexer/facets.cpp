#include "indexer/facets.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>

namespace indexer {
namespace {

std::string year_of(std::int64_t date) {
  const std::chrono::sys_seconds time{std::chrono::seconds(date)};
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
  return fmt::format("{:04}", static_cast<int>(day.year()));
}

}  // namespace

FacetCounter::FacetCounter(const std::vector<Facet>& facets) {
  for (const auto facet : facets) counts_[facet];
}

void FacetCounter::add(Facet facet, std::string_view value) {
  const auto counts = counts_.find(facet);
  if (counts == counts_.end() || value.empty()) return;
  const auto found = counts->second.find(value);
  if (found != counts->second.end()) {
    ++found->second;
  } else {
    counts->second.emplace(value, 1);
  }
}

void FacetCounter::add(const FacetRow& row) {
  if (row.kind == Kind::kMail) add(Facet::kSender, row.sender);
  if (wants(Facet::kYear)) add(Facet::kYear, year_of(row.date));
  for (const auto mailbox : row.mailboxes) add(Facet::kMailbox, mailbox);
  for (const auto keyword : row.keywords) add(Facet::kKeyword, keyword);
}

std::vector<FacetCounts> FacetCounter::take(bool is_exact, std::size_t most_values) {
  std::vector<FacetCounts> facets;
  for (auto& [facet, counts] : counts_) {
    FacetCounts one{facet, {counts.begin(), counts.end()}, is_exact};
    std::stable_sort(one.values.begin(), one.values.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    if (one.values.size() > most_values) one.values.resize(most_values);
    facets.push_back(std::move(one));
  }
  counts_.clear();
  return facets;
}

}  // namespace indexer
