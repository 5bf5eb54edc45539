// Checks that a catalog agrees with its stores: compares it, table by table and row by row, with
// one that was freshly projected from the same stores up to the same checkpoint. Entries, threads
// and views have other numbers in the two catalogs, so rows are compared by the names behind the
// numbers. Tables about the past are left out: the change log, and content documents that are gone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "indexer/findings.hpp"
#include "indexer/progress.hpp"

namespace indexer {

class CatalogComparison {
 public:
  // Nobody may write to either catalog during this constructor; afterwards they may.
  CatalogComparison(const std::filesystem::path& catalog, const std::filesystem::path& fresh);
  ~CatalogComparison();

  // Returns the number of entries. Memory does not grow with the catalog. Throws Cancelled.
  std::int64_t run(Findings& findings, const Progress& progress);
  // The number of content documents whose message is missing. They are not counted as differences.
  [[nodiscard]] std::int64_t unowned_contents() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace indexer
