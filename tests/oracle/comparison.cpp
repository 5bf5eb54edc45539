#include "tests/oracle/comparison.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace oracle {
namespace {

constexpr std::size_t kNamed = 3;  // messages of each kind of difference

std::string named(const Message& message) {
  const auto subject = message.fields.find("subject");
  return fmt::format("{} \"{}\"", message.id,
                     subject == message.fields.end() ? "" : subject->second.front().text);
}

}  // namespace

Comparison::Comparison(Engine& engine, const Account& account, Random& random)
    : engine_(engine), account_(account), random_(random), matcher_(account) {
  for (std::size_t i = 0; i < account.messages.size(); ++i) by_id_[account.messages[i].id] = i;
}

std::vector<std::string> Comparison::compare(const Query& query) {
  const auto expected = matcher_.match(query);
  const auto text = to_text(query, random_);
  const auto filter = to_json(query, random_);
  std::vector<std::string> lines;
  Paging paging;
  if (random_() % 4 == 0) paging.page_size = 20;
  const auto hold_against = [&](const auto& spelled, const std::string& asked) {
    const auto answer = engine_.search(spelled, paging);
    count(expected, answer);
    auto found = differences(expected, answer);
    if (found.empty() && random_() % 4 == 0) {
      auto fault = collapse_fault(answer, engine_.search(spelled, {paging.page_size, true}));
      if (!fault.empty()) found.push_back(std::move(fault));
    }
    if (found.empty()) return;
    lines.push_back(asked);
    lines.insert(lines.end(), found.begin(), found.end());
  };
  if (text) hold_against(*text, "text: " + *text);
  hold_against(filter, "filter: " + filter.dump());
  if (lines.empty()) return lines;
  for (const auto& part : parts_of(query)) {
    if (auto inner = compare(*part); !inner.empty()) return inner;
  }
  return lines;
}

void Comparison::count(const std::vector<Truth>& expected, const Answer& answer) {
  ++counts_.queries;
  if (!answer.ids.empty()) ++counts_.found_something;
  if (answer.is_partial) ++counts_.partial;
  counts_.hits += answer.ids.size();
  counts_.statements += expected.size();
  counts_.open +=
      static_cast<std::uint64_t>(std::count(expected.begin(), expected.end(), Truth::kOpen));
}

std::vector<std::string> Comparison::differences(const std::vector<Truth>& expected,
                                                 const Answer& answer) const {
  if (!answer.error.empty()) return {"  refused: " + answer.error};
  std::vector<bool> is_hit(expected.size(), false);
  std::vector<std::string> lines;
  for (const auto& id : answer.ids) {
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return {"  a hit that is no message: " + id};
    if (is_hit[found->second])
      lines.push_back("  found twice: " + named(account_.messages[found->second]));
    is_hit[found->second] = true;
  }
  const auto name = [&](Truth wrong, bool hit, const char* what) {
    std::size_t number = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if (expected[i] != wrong || is_hit[i] != hit) continue;
      if (++number <= kNamed)
        lines.push_back(fmt::format("  {}: {}", what, named(account_.messages[i])));
    }
    if (number > kNamed) lines.push_back(fmt::format("  {}: {} in all", what, number));
  };
  if (!answer.is_partial) name(Truth::kYes, false, "not found");
  name(Truth::kNo, true, "found wrongly");
  if (answer.total_is_exact && !answer.is_partial &&
      answer.total != static_cast<std::int64_t>(answer.ids.size()))
    lines.push_back(fmt::format("  total is {}, hits are {}", answer.total, answer.ids.size()));
  if (auto fault = order_fault(answer); !fault.empty()) lines.push_back(std::move(fault));
  return lines;
}

std::string Comparison::collapse_fault(const Answer& all, const Answer& collapsed) const {
  if (!collapsed.error.empty()) return "  refused by threads: " + collapsed.error;
  std::vector<std::string> firsts;
  std::set<std::string> threads;
  for (const auto& id : all.ids) {
    if (threads.insert(account_.messages[by_id_.at(id)].thread).second) firsts.push_back(id);
  }
  if (all.is_partial || collapsed.is_partial || firsts == collapsed.ids) return "";
  return fmt::format("  by threads: {} hits instead of {}, or others", collapsed.ids.size(),
                     firsts.size());
}

// Newest first; of one second, by id.
std::string Comparison::order_fault(const Answer& answer) const {
  for (std::size_t i = 1; i < answer.ids.size(); ++i) {
    const auto& before = account_.messages[by_id_.at(answer.ids[i - 1])];
    const auto& after = account_.messages[by_id_.at(answer.ids[i])];
    const bool in_order =
        before.date > after.date || (before.date == after.date && before.id < after.id);
    if (!in_order) return fmt::format("  out of order: {} before {}", named(before), named(after));
  }
  return "";
}

}  // namespace oracle
