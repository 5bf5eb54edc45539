#include "indexer/index_comparison.hpp"

#include <deque>
#include <iterator>
#include <mutex>

#include "indexer/base64url.hpp"
#include "indexer/entry.hpp"
#include "indexer/entry_hashes.hpp"
#include "indexer/fulltext.hpp"
#include "indexer/on_threads.hpp"
#include "indexer/xapian_errors.hpp"
#include "mail/text.hpp"

namespace indexer {
namespace {

constexpr std::size_t kEntriesAtOnce = 500;

WalkedIndex::Entry analyse(const TextEntry& entry, const Texts& texts, EntryBuilder& builder) {
  const auto text = texts.read(entry);
  return {entry.number, checksums_of(builder.build(entry, text ? *text : EntryText{}))};
}

// What differs, in words; null: nothing.
const char* differing_part(const EntryChecksums& expected, const EntryChecksums& actual) {
  if (actual.postings != expected.postings) return "words";
  if (actual.terms != expected.terms) return "list of words";
  return actual.values != expected.values ? "values" : nullptr;
}

// Runs of entries, each analysed by one thread.
class Analysis {
 public:
  Analysis(const Catalog& catalog, const Texts& texts, const IndexOptions& options,
           Progress& progress)
      : catalog_(catalog), texts_(texts), options_(options), progress_(progress) {}

  void work() {
    EntryBuilder builder(options_);
    for (Run run = claim(); !run.entries.empty(); run = claim()) {
      for (const auto& entry : run.entries) {
        progress_.step();
        run.analysed->push_back(analyse(entry, texts_, builder));
        ++progress_.done;
      }
    }
  }
  [[nodiscard]] std::vector<WalkedIndex::Entry> take() {
    std::vector<WalkedIndex::Entry> all;
    for (; !runs_.empty(); runs_.pop_front())
      all.insert(all.end(), runs_.front().begin(), runs_.front().end());
    return all;
  }

 private:
  struct Run {
    std::vector<TextEntry> entries;
    std::vector<WalkedIndex::Entry>* analysed = nullptr;
  };
  Run claim() {
    const std::lock_guard lock(mutex_);
    Run run;
    run.entries = catalog_.entries(next_number_, kEntriesAtOnce);
    if (run.entries.empty()) return run;
    next_number_ = run.entries.back().number + 1;
    run.analysed = &runs_.emplace_back();
    run.analysed->reserve(run.entries.size());
    return run;
  }

  const Catalog& catalog_;
  const Texts& texts_;
  const IndexOptions& options_;
  Progress& progress_;
  std::mutex mutex_;
  std::uint32_t next_number_ = 1;
  std::deque<std::vector<WalkedIndex::Entry>> runs_;  // in the order of numbers
};

}  // namespace

std::vector<WalkedIndex::Entry> analyse_entries(const Catalog& catalog, const Texts& texts,
                                                const IndexOptions& options, int threads,
                                                Progress& progress) {
  Analysis analysis(catalog, texts, options, progress);
  on_threads(threads, [&] { analysis.work(); });
  return analysis.take();
}

WalkedIndex::Entry analyse_entry(const TextEntry& entry, const Texts& texts,
                                 const IndexOptions& options) {
  EntryBuilder builder(options);
  return analyse(entry, texts, builder);
}

void compare_entries(const std::vector<WalkedIndex::Entry>& expected,
                     const std::vector<WalkedIndex::Entry>& actual,
                     const std::function<void(const IndexDifference&)>& report) {
  auto wanted = expected.begin();
  auto found = actual.begin();
  while (wanted != expected.end() || found != actual.end()) {
    if (found == actual.end() || (wanted != expected.end() && wanted->number < found->number)) {
      report({wanted->number, DifferenceKind::kMissing, "entry"});
      ++wanted;
    } else if (wanted == expected.end() || found->number < wanted->number) {
      report({found->number, DifferenceKind::kExtra, "entry"});
      ++found;
    } else {
      if (const char* what = differing_part(wanted->sums, found->sums))
        report({found->number, DifferenceKind::kDiffers, what});
      ++wanted;
      ++found;
    }
  }
}

struct IndexLookup::State {
  std::filesystem::path folder;
  Xapian::Database database;
};

IndexLookup::IndexLookup(const std::filesystem::path& folder) : state_(std::make_unique<State>()) {
  state_->folder = folder;
  with_xapian_errors(folder, [&] { state_->database = Xapian::Database(folder.string()); });
}

IndexLookup::~IndexLookup() = default;

std::optional<WalkedIndex::Entry> IndexLookup::entry(std::uint32_t number) const {
  return with_xapian_errors(state_->folder, [&]() -> std::optional<WalkedIndex::Entry> {
    try {
      return WalkedIndex::Entry{number, checksums_of(state_->database.get_document(number))};
    } catch (const Xapian::DocNotFoundError&) {
      return std::nullopt;
    }
  });
}

std::string IndexLookup::doc_id(std::uint32_t number) const {
  return with_xapian_errors(state_->folder, [&] {
    const auto data = state_->database.get_document(number).get_data();
    if (data.empty()) return std::string();
    const auto id = data.substr(1);
    const auto document = from_base64url(id);
    // An id that is a digest can be read as one too.
    const bool is_text = document && mail::to_valid_utf8(*document) == *document;
    return is_text && public_id(*document) == id ? *document : id;
  });
}

}  // namespace indexer
