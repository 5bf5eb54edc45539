// Checks that the text index agrees with catalog and texts: analyses every entry again and compares
// its EntryChecksums with those of the walked index.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "indexer/catalog.hpp"
#include "indexer/findings.hpp"
#include "indexer/index_options.hpp"
#include "indexer/index_walk.hpp"
#include "indexer/progress.hpp"
#include "indexer/texts.hpp"

namespace indexer {

// What the index should hold: analyses each entry of the catalog, on `threads` threads. `progress`
// counts entries. Throws Cancelled.
[[nodiscard]] std::vector<WalkedIndex::Entry> analyse_entries(const Catalog& catalog,
                                                              const Texts& texts,
                                                              const IndexOptions& options,
                                                              int threads, Progress& progress);

// What the index should hold of one entry.
[[nodiscard]] WalkedIndex::Entry analyse_entry(const TextEntry& entry, const Texts& texts,
                                               const IndexOptions& options);

struct IndexDifference {
  std::uint32_t number = 0;
  DifferenceKind kind = DifferenceKind::kDiffers;
  const char* detail = "";
};
// Calls `report` for each entry that is missing in one of the two, or differs.
void compare_entries(const std::vector<WalkedIndex::Entry>& expected,
                     const std::vector<WalkedIndex::Entry>& actual,
                     const std::function<void(const IndexDifference&)>& report);

// Reads single entries of an index, as it is when this is made. Throws std::runtime_error.
class IndexLookup {
 public:
  explicit IndexLookup(const std::filesystem::path& folder);
  ~IndexLookup();
  // Nothing when there is none of that number.
  [[nodiscard]] std::optional<WalkedIndex::Entry> entry(std::uint32_t number) const;
  // The document that an entry belongs to: its document id or what stands for it; empty when the
  // entry does not say.
  [[nodiscard]] std::string doc_id(std::uint32_t number) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace indexer
