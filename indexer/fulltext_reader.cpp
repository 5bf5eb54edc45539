#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "indexer/entry.hpp"
#include "indexer/fulltext_query.hpp"
#include "indexer/hit_pager.hpp"
#include "indexer/spelling.hpp"
#include "indexer/xapian_errors.hpp"

namespace indexer {
namespace {

// How often a search begins again because a commit overwrote what it was reading: each time on the
// newest state.
constexpr int kMaxAttempts = 50;

// Words that a query's stemmer remembers, of each language: queries are short.
constexpr std::size_t kStemSlots = 256;

// Dominant are the account's own language and those that a fiftieth of the entries of a known
// language are in, at most six more.
QueryLanguages languages_in(const Xapian::Database& database, const std::string& own) {
  constexpr std::size_t kMost = 6, kShare = 50;
  std::vector<std::pair<Xapian::doccount, std::string>> found;
  Xapian::doccount known = 0;
  const std::string prefix(kLanguagePrefix);
  const auto end = database.allterms_end(prefix);
  for (auto term = database.allterms_begin(prefix); term != end; ++term) {
    auto code = (*term).substr(prefix.size());
    if (code.find('-') != std::string::npos) continue;
    known += term.get_termfreq();
    if (code != own && has_stems(code)) found.emplace_back(term.get_termfreq(), std::move(code));
  }
  std::sort(found.rbegin(), found.rend());
  QueryLanguages languages{{own}, {}};
  for (auto& [entries, code] : found) {
    const bool is_dominant = languages.dominant.size() <= kMost && entries >= known / kShare;
    (is_dominant ? languages.dominant : languages.rare).push_back(std::move(code));
  }
  return languages;
}

}  // namespace

struct FulltextReader::State {
  std::filesystem::path folder;
  Xapian::Database database;
  IndexOptions options;
  Stems stems{kStemSlots};
  QueryLanguages languages;

  // Runs `read`, and again on the newest state when a writer overwrote the one it was reading.
  template <typename Read>
  auto retried(Read&& read) {
    return with_xapian_errors(folder, [&] {
      for (int attempt = 1; attempt < kMaxAttempts; ++attempt) {
        try {
          return read();
        } catch (const Xapian::DatabaseModifiedError&) {
          database.reopen();
        }
      }
      return read();
    });
  }

  void reopened() {
    // A block of nothing but zeros is no error to Xapian: its terms are not there. Each entry is of
    // a kind.
    const auto of_a_kind = database.get_termfreq(kind_term(Kind::kMail)) +
                           database.get_termfreq(kind_term(Kind::kFile));
    if (of_a_kind + 1 < database.get_doccount())
      throw Xapian::DatabaseCorruptError("some entries are of no kind");
    languages = languages_in(database, options.language);
  }
};

FulltextReader::FulltextReader(const std::filesystem::path& folder, const IndexOptions& options)
    : state_(std::make_unique<State>()) {
  state_->folder = folder;
  state_->options = options;
  with_xapian_errors(folder, [&] { state_->database = Xapian::Database(folder.string()); });
  state_->retried([&] { state_->reopened(); });
}

FulltextReader::~FulltextReader() = default;

void FulltextReader::refresh() {
  state_->retried([&] {
    if (state_->database.reopen()) state_->reopened();
  });
}

DerivedCheckpoint FulltextReader::checkpoint() const {
  return state_->retried(
      [&] { return DerivedCheckpoint::parse(state_->database.get_metadata(kCheckpointKey)); });
}

std::int64_t FulltextReader::entries() const {
  return state_->retried(
      [&] { return static_cast<std::int64_t>(state_->database.get_doccount()) - 1; });
}

const QueryLanguages& FulltextReader::languages() const { return state_->languages; }

std::vector<std::string> FulltextReader::languages_of(std::uint32_t number) const {
  return state_->retried([&] {
    const auto code =
        state_->database.get_document(number, Xapian::DOC_ASSUME_VALID).get_value(kLanguageSlot);
    if (code.empty()) return state_->languages.dominant;
    return std::vector<std::string>{state_->options.language, code.substr(0, code.find('-'))};
  });
}

QueryResult<HitPage> FulltextReader::search(const SearchRequest& request,
                                            const SearchableCatalog& catalog) {
  const auto end = Deadline::Clock::now() + request.timeout;
  return state_->retried([&]() -> QueryResult<HitPage> {
    Deadline deadline(end);
    const bool by_relevance = request.order == SearchOrder::kRelevance;
    QueryTranslator translator({state_->database, catalog, state_->stems, state_->languages,
                                state_->options.headers, deadline, request.is_one_of_several},
                               by_relevance);
    auto query = translator.translate(*request.query);
    if (!query) return query.error();
    if (request.kind)
      query =
          Xapian::Query(Xapian::Query::OP_FILTER, *query, Xapian::Query(kind_term(*request.kind)));
    HitPager pager(state_->database, translator, *query, request, catalog, deadline);
    auto page = pager.page();
    if (!request.facets.empty()) page.facets = pager.facets();
    if (page.total < kFewHits)
      page.suggestions = suggest_words(state_->database, *request.query, deadline);
    if (request.explain) {
      auto languages = state_->languages.dominant;
      languages.insert(languages.end(), state_->languages.rare.begin(),
                       state_->languages.rare.end());
      page.explanation = Explanation{to_text(*request.query), std::move(languages),
                                     translator.explain(*request.query), query->get_description()};
    }
    page.is_partial = deadline.was_over();
    if (page.is_partial) page.total_is_exact = false;
    return page;
  });
}

}  // namespace indexer
