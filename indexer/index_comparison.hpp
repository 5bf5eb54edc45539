// Checks that the text index agrees with catalog and texts: analyses every entry again and compares
// its EntrySums with those of the walked index.
#pragma once

#include <atomic>
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
#include "indexer/texts.hpp"

namespace indexer {

// What the index should hold: analyses each entry of the catalog, on `threads` threads. `done` is
// called for each entry, on any of them. Throws Cancelled.
[[nodiscard]] std::vector<WalkedIndex::Entry> analyse_entries(
    const Catalog& catalog, const Texts& texts, const IndexOptions& options, int threads,
    const std::function<void()>& done, const std::atomic<bool>& cancelled);

// The sums that one entry should have.
[[nodiscard]] WalkedIndex::Entry analyse_entry(const TextEntry& entry, const Texts& texts,
                                               const IndexOptions& options);

struct IndexDifference {
  std::uint32_t number = 0;
  DifferenceKind kind = DifferenceKind::kDiffers;
  const char* detail = "";
};
// Calls `differs` for each entry that is missing in one of the two, or differs.
void compare_entries(const std::vector<WalkedIndex::Entry>& ought,
                     const std::vector<WalkedIndex::Entry>& is,
                     const std::function<void(const IndexDifference&)>& differs);

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
