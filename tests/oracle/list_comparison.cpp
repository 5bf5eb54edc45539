#include "tests/oracle/list_comparison.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <functional>

namespace oracle {
namespace {

struct ListState {
  const char* name;
  std::function<bool(const Entry&)> holds;
};

const std::vector<ListState>& states() {
  const auto has = [](const char* keyword) {
    return [keyword](const Entry& entry) { return entry.keywords.contains(keyword); };
  };
  static const std::vector<ListState> all = {
      {"unread", [](const Entry& entry) { return entry.is_unread(); }},
      {"seen", has("$seen")},
      {"flagged", has("$flagged")},
      {"answered", has("$answered")},
      {"draft", has("$draft")},
      {"attachment", [](const Entry& entry) { return entry.has_attachment; }}};
  return all;
}

std::vector<std::string> ids_of(const Entries& entries) {
  std::vector<std::string> ids;
  for (const auto* entry : entries) ids.push_back(entry->id);
  return ids;
}

std::vector<std::string> sorted(std::vector<std::string> ids) {
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace

ListComparison::ListComparison(Engine& engine, const Account& account, Random& random)
    : engine_(engine), account_(account), random_(random) {
  for (const auto& entry : account.entries) {
    if (!entry.is_file) newest_first_.push_back(&entry);
  }
  std::sort(newest_first_.begin(), newest_first_.end(), [](const Entry* a, const Entry* b) {
    return a->date != b->date ? a->date > b->date : a->id < b->id;
  });
}

ListComparison::Filter ListComparison::random_filter() {
  Filter filter{"", newest_first_};
  const auto keep = [&](const auto& holds) {
    std::erase_if(filter.matching, [&](const Entry* entry) { return !holds(*entry); });
  };
  if (chance(2)) {
    const auto& mailbox = account_.mailboxes[random_() % account_.mailboxes.size()];
    filter.parameters += "&mailbox=" + mailbox.id;
    keep([&](const Entry& entry) { return entry.mailboxes.contains(mailbox.id); });
  }
  if (chance(4)) {
    const std::string keyword = chance(2) ? "$forwarded" : "$flagged";
    filter.parameters += "&keyword=" + keyword;
    keep([&](const Entry& entry) { return entry.keywords.contains(keyword); });
  }
  for (const auto& state : states()) {
    if (!chance(4)) continue;
    const bool wanted = chance(2);
    filter.parameters += fmt::format("&{}={}", state.name, wanted);
    keep([&](const Entry& entry) { return state.holds(entry) == wanted; });
  }
  return filter;
}

std::string ListComparison::compare() {
  auto [parameters, expected] = random_filter();
  const bool by_thread = chance(2);
  if (by_thread) expected = first_of_threads(expected);
  const std::string sort = chance(2) ? "received" : kSorts[random_() % std::size(kSorts)];
  parameters += fmt::format("&threads={}&sort=", by_thread);
  const auto falling = engine_.list(
      account_.name, fmt::format("limit={}{}-{}", 3 + random_() % 40, parameters, sort));
  const auto rising = engine_.list(account_.name, fmt::format("limit=500{}{}", parameters, sort));
  ++lists_;
  // What excludes each other is a mistake, where it is noticed.
  if (expected.empty() && falling.error.starts_with("400") && rising.error.starts_with("400"))
    return "";
  auto fault = fault_of(falling, expected);
  if (fault.empty()) fault = fault_of(rising, expected);
  if (fault.empty() && sort == "received" && falling.ids != ids_of(expected))
    fault = "not newest first";
  if (fault.empty() && !std::equal(falling.ids.rbegin(), falling.ids.rend(), rising.ids.begin()))
    fault = "not the reverse of the other direction";
  return fault.empty() ? "" : fmt::format("{}: {}-{}: {}", account_.name, parameters, sort, fault);
}

std::string ListComparison::fault_of(const List& list, const Entries& expected) const {
  if (!list.error.empty()) return list.error;
  if (sorted(list.ids) != sorted(ids_of(expected)))
    return fmt::format("{} rows instead of {}, or others", list.ids.size(), expected.size());
  if (list.backwards != list.ids) return "other rows from its end";
  if (list.total_is_exact && list.total != static_cast<std::int64_t>(expected.size()))
    return fmt::format("total is {}, not {}", list.total, expected.size());
  return "";
}

}  // namespace oracle
