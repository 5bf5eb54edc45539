#include "tests/oracle/answer_checks.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "mail/ascii.hpp"
#include "tests/oracle/dates.hpp"

namespace oracle {
namespace {

constexpr std::size_t kMostValues = 20;  // of a facet that are told

std::set<std::string> values_of(const Entry& entry, const std::string& facet) {
  if (facet == "mailbox") return entry.mailboxes;
  if (facet == "keyword") return entry.keywords;
  if (facet == "year") return {fmt::format("{:04}", day_of(entry.date).year)};
  std::set<std::string> values;
  if (facet == "sender" && !entry.sender.empty()) values.insert(entry.sender);
  if (facet == "language" && !entry.language.empty()) values.insert(entry.language);
  const auto types = entry.fields.find("type");
  if (facet == "type" && types != entry.fields.end()) {
    for (const auto& type : types->second) values.insert(mail::lower_ascii(type.text));
  }
  return values;
}

// How many hits have each value.
class Expected {
 public:
  Expected(const Entries& hits, const std::string& facet) {
    for (const auto* entry : hits) {
      for (const auto& value : values_of(*entry, facet)) ++counts_[value];
      // Which language it is may be open.
      if (facet == "language" && entry->language.empty()) ++open_;
    }
  }

  [[nodiscard]] std::string fault(const FacetValues& values) const {
    std::set<std::string> told;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto& [value, count] = values[i];
      if (!told.insert(value).second) return fmt::format("\"{}\" twice", value);
      if (count < certain(value) || count > certain(value) + open_)
        return fmt::format("\"{}\" {}, not {}", value, count, certain(value));
      if (i > 0 && count > values[i - 1].second)
        return fmt::format("\"{}\" after what is less frequent", value);
    }
    if (told.size() > kMostValues) return fmt::format("{} values", told.size());
    const auto least = told.size() < kMostValues ? 0 : values.back().second;
    for (const auto& [value, count] : counts_) {
      if (!told.contains(value) && count > least)
        return fmt::format("\"{}\" {} is left out", value, count);
    }
    return "";
  }

 private:
  [[nodiscard]] std::int64_t certain(const std::string& value) const {
    const auto found = counts_.find(value);
    return found == counts_.end() ? 0 : found->second;
  }

  std::map<std::string, std::int64_t> counts_;
  std::int64_t open_ = 0;
};

}  // namespace

std::string named(const Entry& entry) {
  const auto subject = entry.fields.find("subject");
  return fmt::format("{} {} \"{}\"", entry.account, entry.id,
                     subject == entry.fields.end() ? "" : subject->second.front().text);
}

std::string date_order_fault(const Entries& hits) {
  for (std::size_t i = 1; i < hits.size(); ++i) {
    const auto& before = *hits[i - 1];
    const auto& after = *hits[i];
    const bool by_id = before.account == after.account;
    const bool in_order = before.date > after.date ||
                          (before.date == after.date && (!by_id || before.id <= after.id));
    if (!in_order) return fmt::format("out of order: {} before {}", named(before), named(after));
  }
  return "";
}

std::string score_fault(const std::vector<Hit>& hits) {
  for (std::size_t i = 1; i < hits.size(); ++i) {
    if (hits[i].score > hits[i - 1].score)
      return fmt::format("score {} of {} after {}", hits[i].score, hits[i].id, hits[i - 1].score);
  }
  return "";
}

std::string facet_fault(const Entries& hits, const std::map<std::string, FacetValues>& facets) {
  for (const auto& [facet, values] : facets) {
    if (auto fault = Expected(hits, facet).fault(values); !fault.empty())
      return fmt::format("facet {}: {}", facet, fault);
  }
  return "";
}

Entries first_of_threads(const Entries& hits) {
  Entries firsts;
  std::set<std::pair<std::string, std::string>> threads;
  for (const auto* entry : hits) {
    if (entry->is_file || threads.emplace(entry->account, entry->thread).second)
      firsts.push_back(entry);
  }
  return firsts;
}

std::string set_fault(Entries expected, Entries hits) {
  std::sort(expected.begin(), expected.end());
  std::sort(hits.begin(), hits.end());
  if (expected == hits) return "";
  for (const auto* entry : expected) {
    if (!std::binary_search(hits.begin(), hits.end(), entry))
      return fmt::format("{} hits instead of {}, without {}", hits.size(), expected.size(),
                         named(*entry));
  }
  return fmt::format("{} hits instead of {}", hits.size(), expected.size());
}

}  // namespace oracle
