// Holds lists of messages, with filters combined, by thread and in any order, against all messages.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/oracle/answer_checks.hpp"
#include "tests/oracle/engine.hpp"
#include "tests/oracle/query.hpp"

namespace oracle {

class ListComparison {
 public:
  ListComparison(Engine& engine, const Account& account, Random& random);

  // Asks for one list by chance, in both directions of its order and from both ends. What is wrong with it, in words; empty when
  // nothing is.
  [[nodiscard]] std::string compare();
  [[nodiscard]] std::uint64_t lists() const { return lists_; }

 private:
  struct Filter {
    std::string parameters;
    Entries matching;  // newest first
  };
  [[nodiscard]] bool chance(unsigned one_in) { return random_() % one_in == 0; }
  [[nodiscard]] Filter random_filter();
  [[nodiscard]] std::string fault_of(const List& list, const Entries& expected) const;

  Engine& engine_;
  const Account& account_;
  Random& random_;
  Entries newest_first_;
  std::uint64_t lists_ = 0;
};

}  // namespace oracle
