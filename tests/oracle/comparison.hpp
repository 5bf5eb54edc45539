// Holds what the program answers against what the oracle says, query by query.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/oracle/answer_checks.hpp"
#include "tests/oracle/engine.hpp"
#include "tests/oracle/matcher.hpp"

namespace oracle {

struct Counts {
  std::uint64_t queries = 0, found_something = 0, hits = 0, partial = 0;
  std::uint64_t faceted = 0, sorted = 0, collapsed = 0;  // of the queries; asked once more
  std::uint64_t statements = 0,
                open = 0;  // about one entry and one query; left open by the oracle
};

class Comparison {
 public:
  // One account, or several that are asked at once.
  Comparison(Engine& engine, const std::vector<const Account*>& accounts, Random& random);

  // Asks in both spellings. What differs, in lines that say how to see it again; empty when nothing does. Of a query whose part
  // differs by itself, only that part is told.
  [[nodiscard]] std::vector<std::string> compare(const Query& query);
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  [[nodiscard]] Manner random_manner();
  template <typename Spelled>
  [[nodiscard]] std::vector<std::string> hold_against(const Spelled& spelled,
                                                      const std::vector<Truth>& expected,
                                                      const Manner& manner);
  [[nodiscard]] std::vector<Truth> expected_of(const Query& query, const std::string& kind) const;
  [[nodiscard]] std::vector<std::string> differences(const std::vector<Truth>& expected,
                                                     const Answer& answer) const;
  // Whether the same hits come in another order, alike on pages of any size.
  template <typename Spelled>
  [[nodiscard]] std::string sort_fault(const Spelled& spelled, Manner manner, const Entries& all);
  // Whether hits collapsed by thread are the first of each of all hits.
  template <typename Spelled>
  [[nodiscard]] std::string collapse_fault(const Spelled& spelled, Manner manner,
                                           const Entries& all);
  void count(const std::vector<Truth>& expected, const Answer& answer);
  [[nodiscard]] const Entry* find(const Hit& hit) const;
  // Throws std::out_of_range for a hit that is none of the entries.
  [[nodiscard]] Entries entries_of(const Answer& answer) const;

  Engine& engine_;
  std::vector<std::string> names_;
  std::vector<Matcher> matchers_;
  Random& random_;
  Entries entries_;  // of all accounts, in their order
  std::map<std::string, std::size_t> places_;  // of the entries, by account, kind and id
  Counts counts_;
};

}  // namespace oracle
