// The full-text index of one generation: a Xapian database whose docids are the catalog's numbers, so that newest first
// is the order of the posting lists and a page costs the same at any size. Keywords and mailboxes are not in it: `in:`,
// `is:` and `has:` are answered by the catalog.
//
// Entries and the checkpoint that vouches for them are committed together. Throws std::runtime_error with words for the
// operator for everything that Xapian throws.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "indexer/catalog.hpp"
#include "indexer/query.hpp"
#include "indexer/texts.hpp"

namespace indexer {

// Changes when the terms of an entry do; part of a generation's identity.
inline constexpr int kAnalysisVersion = 1;

// Following: one writer, entries replaced as they change.
class FulltextWriter {
 public:
  explicit FulltextWriter(const std::filesystem::path& folder);  // creates an empty index when there is none
  ~FulltextWriter();

  [[nodiscard]] DerivedCheckpoint checkpoint() const;
  void replace(const TextEntry& entry, const EntryText& text);  // also when its number changed
  void remove(Kind kind, const std::string& id);
  void commit(const DerivedCheckpoint& checkpoint);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Bulk: analyses every entry of the catalog once, in runs of 500 consecutive numbers, on `threads` threads that fill
// fresh databases each, and merges these into `folder`, which must not exist before and does only when all is done.
// `done` is called with the number of entries so far; entries that cannot be read are indexed without their text and
// counted. Returns that count. Stops early, leaving nothing, when `cancelled` becomes true (throws Cancelled).
struct Cancelled : std::runtime_error {
  Cancelled() : std::runtime_error("cancelled") {}
};
std::size_t build_fulltext(const std::filesystem::path& folder, const Catalog& catalog, const Texts& texts,
                           const DerivedCheckpoint& checkpoint, int threads,
                           const std::function<void(std::size_t)>& done, const std::atomic<bool>& cancelled);

enum class SearchOrder { kDate, kRelevance };

struct SearchRequest {
  const Query* query = nullptr;
  SearchOrder order = SearchOrder::kDate;
  std::size_t limit = 50;
  std::optional<OrderKey> after;  // date order: where the last page ended
  std::size_t offset = 0;         // relevance: hits already seen
};

struct Hit {
  Kind kind = Kind::kMail;
  std::string id;
  std::uint32_t number = 0;
  std::int64_t date = 0;
  double score = 0;  // 0 in date order
};

struct HitPage {
  std::vector<Hit> hits;
  std::int64_t total = 0;
  bool total_is_exact = true;
  bool more = false;
};

// Reading; one object for one thread at a time. Sees what was committed when `refresh` was last called.
class FulltextReader {
 public:
  explicit FulltextReader(const std::filesystem::path& folder);
  ~FulltextReader();

  void refresh();
  [[nodiscard]] DerivedCheckpoint checkpoint() const;
  [[nodiscard]] std::int64_t entries() const;
  // Mailboxes and states of the query are resolved in `catalog`. An unknown mailbox is a QueryError.
  [[nodiscard]] QueryResult<HitPage> search(const SearchRequest& request, const Catalog& catalog);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace indexer
