// Text by chance, in one of a few languages, for mail and files.
#pragma once

#include <string>

#include "tests/oracle/query.hpp"
#include "tests/oracle/sentences.hpp"

namespace oracle {

// The language that is certainly told of so many sentences; empty where it may not be.
[[nodiscard]] std::string language_told(const Language& language, std::size_t sentences);

class RandomText {
 public:
  explicit RandomText(Random& random) : random_(random) {}

  [[nodiscard]] std::size_t below(std::size_t bound) { return random_() % bound; }
  template <typename Items>
  [[nodiscard]] const auto& one_of(const Items& items) {
    return items[below(std::size(items))];
  }
  [[nodiscard]] const Language& language() { return one_of(kLanguages); }
  // "CVE-2024-1234", "foo_bar" …
  [[nodiscard]] const char* identifier();
  // Sentences, and identifiers between them.
  [[nodiscard]] std::string text(const Language& language, std::size_t sentences);
  // Seconds: of the last days, of the last weeks, or of the last twelve years.
  [[nodiscard]] std::int64_t age();

 private:
  Random& random_;
};

}  // namespace oracle
