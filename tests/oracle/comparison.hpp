// Holds what the program answers against what the oracle says, query by query.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/oracle/engine.hpp"
#include "tests/oracle/matcher.hpp"

namespace oracle {

struct Counts {
  std::uint64_t queries = 0, found_something = 0, hits = 0, partial = 0;
  std::uint64_t statements = 0,
                open = 0;  // about one message and one query; left open by the oracle
};

class Comparison {
 public:
  Comparison(Engine& engine, const Account& account, Random& random);

  // Asks in both spellings. What differs, in lines that say how to see it again; empty when nothing does. Of a query whose part
  // differs by itself, only that part is told.
  [[nodiscard]] std::vector<std::string> compare(const Query& query);
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  [[nodiscard]] std::vector<std::string> differences(const std::vector<Truth>& expected,
                                                     const Answer& answer) const;
  [[nodiscard]] std::string order_fault(const Answer& answer) const;
  // Whether hits collapsed by thread are the first of each of all hits.
  [[nodiscard]] std::string collapse_fault(const Answer& all, const Answer& collapsed) const;
  void count(const std::vector<Truth>& expected, const Answer& answer);

  Engine& engine_;
  const Account& account_;
  Random& random_;
  Matcher matcher_;
  std::map<std::string, std::size_t> by_id_;
  Counts counts_;
};

}  // namespace oracle
