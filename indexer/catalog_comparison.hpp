// Is a catalog what the stores make it? Compares it, table by table and row by row, with one that was projected afresh from the
// same stores up to the same checkpoint. Numbers of entries, threads and views differ between the two: rows are compared by what
// they stand for. What only tells the past is left out: the log of changes, and content documents that are gone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "indexer/findings.hpp"

namespace indexer {

class CatalogComparison {
 public:
  // Nobody may write to either while this is constructed; afterwards they may.
  CatalogComparison(const std::filesystem::path& catalog, const std::filesystem::path& fresh);
  ~CatalogComparison();

  // `between` is called now and then, and may throw. Returns the number of entries. Memory does not grow with them.
  std::int64_t run(Findings& findings, const std::function<void()>& between);
  // Content documents that no message names, of which the one that they name is not there. That is no difference.
  [[nodiscard]] std::int64_t unowned_contents() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace indexer
