// Queries by chance, of all operators and nested, about what an account holds.
#pragma once

#include "tests/oracle/entry.hpp"
#include "tests/oracle/query.hpp"

namespace oracle {

class QueryMaker {
 public:
  // `now`: seconds since 1970, which days such as "yesterday" count from.
  QueryMaker(const Account& account, std::int64_t now, Random& random)
      : account_(account), now_(now), random_(random) {}

  // At most `depth` operators in each other.
  [[nodiscard]] QueryPtr make(int depth);

 private:
  [[nodiscard]] std::size_t below(std::size_t bound) { return random_() % bound; }
  template <typename Items>
  [[nodiscard]] const auto& one_of(const Items& items) {
    return items[below(items.size())];
  }

  [[nodiscard]] QueryPtr leaf();
  [[nodiscard]] QueryPtr text_leaf();
  // A phrase of the end of one text and the beginning of the next in a field.
  [[nodiscard]] QueryPtr crossing();
  // A file more often than there are any among all.
  [[nodiscard]] const Entry& any_entry();
  [[nodiscard]] QueryPtr near();
  [[nodiscard]] QueryPtr dated();
  [[nodiscard]] QueryPtr sized();
  [[nodiscard]] QueryPtr keyword();
  [[nodiscard]] std::vector<QueryPtr> several(int depth);
  // A run of one to `most` words as some message has them, in the field that is given or comes by chance.
  struct Found {
    std::string field;
    std::vector<std::string> words;
  };
  [[nodiscard]] Found words(std::size_t most, bool of_parts = false);

  const Account& account_;
  std::int64_t now_;
  Random& random_;
  int thread_sets_ = 0, beginnings_ = 0;  // of which a query has a bounded number
};

}  // namespace oracle
