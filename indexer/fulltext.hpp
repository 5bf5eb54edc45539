// The full-text index of one generation: a Xapian database whose docids are the catalog's numbers,
// so that newest first is the order of the posting lists and a page costs the same at any size.
// Keywords, mailboxes and threads are not in it: what asks for them is answered by the catalog.
//
// Entries and the checkpoint that vouches for them are committed together. Throws
// std::runtime_error with words for the operator for everything that Xapian throws.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "indexer/catalog.hpp"
#include "indexer/facets.hpp"
#include "indexer/index_options.hpp"
#include "indexer/progress.hpp"
#include "indexer/query.hpp"
#include "indexer/texts.hpp"

namespace indexer {

// Changes when the terms of an entry do (entry.cpp); part of a generation's identity.
inline constexpr int kAnalysisVersion = 6;

// Replaces entries as they change; one writer at a time. After an exception it cannot be used any
// more, and what was not committed is lost.
class FulltextWriter {
 public:
  // Creates an empty index when there is none.
  explicit FulltextWriter(const std::filesystem::path& folder, const IndexOptions& options = {});
  ~FulltextWriter();

  [[nodiscard]] DerivedCheckpoint checkpoint() const;
  // Kept in memory until the commit: commit at least every thousand entries. `entry` must have a
  // number; replaces what had that number, and the entry itself under any other number.
  void replace(const TextEntry& entry, const EntryText& text);
  void remove(Kind kind, const std::string& id);  // nothing when it is not there
  // Durable when it returns.
  void commit(const DerivedCheckpoint& checkpoint);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// What a bulk build indexes: as Catalog::entries, Texts::read and Catalog::numbering give it. Called
// by several threads.
struct EntrySource {
  std::function<std::vector<TextEntry>(std::uint32_t from, std::size_t limit)> entries;
  std::function<mail::Result<EntryText>(const TextEntry& entry)> text;
  std::string numbering{};
};

// Builds an index in bulk: `threads` threads analyse runs of 500 consecutive entries into databases
// of their own, which are merged into `folder`. That must not exist, and does so only when all is
// done. Until then complete databases lie in `<folder>.parts`; a later call goes on with them after
// this one was cancelled (throws Cancelled), failed or was killed, unless entries were numbered anew.
// Entries whose documents cannot be read have no text. Returns the checkpoint of the index, which is
// that of the call which began the build.
DerivedCheckpoint build_fulltext(const std::filesystem::path& folder, const EntrySource& source,
                                 const DerivedCheckpoint& checkpoint, int threads,
                                 Progress& progress, const IndexOptions& options = {});
DerivedCheckpoint build_fulltext(const std::filesystem::path& folder, const Catalog& catalog,
                                 const Texts& texts, const DerivedCheckpoint& checkpoint,
                                 int threads, Progress& progress, const IndexOptions& options = {});
// Whether there are databases of an unfinished build with this numbering.
[[nodiscard]] bool is_build_begun(const std::filesystem::path& folder,
                                  const std::string& numbering);

// Copies an index into a folder that does not exist, durably and without unused space. Nobody may
// write to the index meanwhile.
void copy_fulltext(const std::filesystem::path& folder, const std::filesystem::path& into);

enum class SearchOrder {
  kDate,  // newest first
  kRelevance,
  kSorted,  // as lists are sorted
};

// The place after a hit of a search. Which members tell it depends on the order.
struct SearchPlace {
  OrderKey newest_first;  // kDate; its id for kRelevance, too
  std::size_t hits = 0;  // kRelevance: messages up to here, when it was found
  std::string key;  // kSorted (sort_keys.hpp)
  std::uint32_t number = 0;  // kRelevance: of the hit, if it still has that number
  friend bool operator==(const SearchPlace&, const SearchPlace&) = default;
};

struct SearchRequest {
  const Query* query = nullptr;
  std::string written{};  // the query as the client wrote it; part of a cursor
  bool is_text = true;  // it was written in the text language, not as a JSON filter
  SearchOrder order = SearchOrder::kDate;
  std::size_t limit = 50;
  Sort sort = Sort::kReceived;  // kSorted: by what, and which way
  bool ascending = false;
  std::optional<SearchPlace> after;  // where the last page ended
  std::optional<Kind> kind;  // only these
  bool threads = false;  // the first matching message stands for its thread
  std::vector<Facet> facets;  // what to count among the hits
  bool explain = false;
  // Others are asked the same: a mailbox or thread that is not here matches nothing, in place of
  // being a mistake; facets have all their values, to be added up.
  bool is_one_of_several = false;
  std::chrono::milliseconds timeout{5'000};  // then what was found is the answer
};

// Whether a key of kSorted comes before another in the order of the request.
[[nodiscard]] inline bool comes_before(const SearchRequest& request, std::string_view key,
                                       std::string_view other) {
  // Places by date ascend from the newest.
  const bool ascending = request.sort == Sort::kReceived ? !request.ascending : request.ascending;
  return ascending ? key < other : other < key;
}

struct Hit {
  Kind kind = Kind::kMail;
  std::string id;
  std::uint32_t number = 0;
  std::int64_t date = 0;
  double score = 0;  // 0 in date order
  SearchPlace place;
};

// A word of the query that is rare, and a frequent one that it may be a slip of.
struct Suggestion {
  std::size_t position = 0, size = 0;  // of the word in the query
  std::string word;
};

// A condition or word of a query: what it became, and how often it matches.
struct ExplainedPart {
  std::string text;  // in the text language
  std::vector<std::pair<std::string, std::int64_t>> terms;  // of the index, and entries of each
  std::int64_t matches = 0;  // an estimate
};

struct Explanation {
  std::string query;  // all of it, in the text language
  std::vector<std::string> languages;  // whose forms of words are looked for, the rare ones last
  std::vector<ExplainedPart> parts;
  std::string plan;  // Xapian's description
};

struct HitPage {
  std::vector<Hit> hits;
  std::int64_t total = 0;  // of threads where threads were asked for
  bool total_is_exact = true;
  bool more = false;
  bool is_partial = false;  // the time was up
  std::vector<FacetCounts> facets;
  std::vector<Suggestion> suggestions;  // where little was found
  std::optional<Explanation> explanation;
};

// Whose forms of words a query finds.
struct QueryLanguages {
  std::vector<std::string> dominant;  // the account's own, and those that much of the mail is in
  // The others. Their forms are looked for only in what is known to be in that language: elsewhere
  // they would be other words.
  std::vector<std::string> rare;
};

// Hits below which other words are suggested.
inline constexpr std::int64_t kFewHits = 3;
// Totals are exact where the hits are expected to be no more; beyond, they are estimates: counting
// costs 0.7 ms for each 1,000 (measured on 100,000 messages), a page itself less than that.
inline constexpr unsigned kExactTotal = 2'000;

// Reading; one object for one thread at a time. Sees what was committed when `refresh` was last
// called.
class FulltextReader {
 public:
  explicit FulltextReader(const std::filesystem::path& folder, const IndexOptions& options = {});
  ~FulltextReader();

  void refresh();
  [[nodiscard]] DerivedCheckpoint checkpoint() const;
  [[nodiscard]] std::int64_t entries() const;
  [[nodiscard]] const QueryLanguages& languages() const;
  // Those whose stems an entry has: the account's and its own. The dominant ones where its own is
  // not known.
  [[nodiscard]] std::vector<std::string> languages_of(std::uint32_t number) const;
  // Mailboxes and states of the query are resolved in `catalog`. An unknown mailbox is a
  // QueryError.
  [[nodiscard]] QueryResult<HitPage> search(const SearchRequest& request,
                                            const SearchableCatalog& catalog);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace indexer
