#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <limits>
#include <map>
#include <utility>

#include "indexer/entry.hpp"
#include "indexer/fulltext_query.hpp"
#include "indexer/xapian_errors.hpp"

namespace indexer {
namespace {

// How often a search begins again because a commit overwrote what it was reading: each time on the newest state.
constexpr int kMaxAttempts = 50;
// Sets of numbers kept between searches.
constexpr std::size_t kMaxCachedFilters = 16;

// Newest first: by date, then id.
bool is_newer(std::int64_t date, std::string_view id, std::int64_t other_date,
              std::string_view other_id) {
  return date != other_date ? date > other_date : id < other_id;
}

std::int64_t date_of(const Xapian::Document& entry) {
  return static_cast<std::int64_t>(Xapian::sortable_unserialise(entry.get_value(kDateSlot)));
}

Hit hit_of(const Xapian::MSetIterator& match, SearchOrder order) {
  const auto entry = match.get_document();
  const auto data = entry.get_data();
  if (data.empty()) throw Xapian::DatabaseCorruptError(fmt::format("entry {} has no data", *match));
  Hit hit;
  hit.kind = data[0] == kind_letter(Kind::kMail) ? Kind::kMail : Kind::kFile;
  hit.id = data.substr(1);
  hit.number = *match;
  hit.date = date_of(entry);
  if (order == SearchOrder::kRelevance) hit.score = match.get_weight();
  return hit;
}

void set_total(HitPage& page, const Xapian::MSet& matches) {
  page.total = matches.get_matches_estimated();
  page.total_is_exact = matches.get_matches_lower_bound() == matches.get_matches_upper_bound();
}

// The order of lists, for entries whose number does not tell it.
class ListOrder : public Xapian::KeyMaker {
 public:
  std::string operator()(const Xapian::Document& entry) const override {
    const auto falling = ~(static_cast<std::uint64_t>(date_of(entry)) ^ (std::uint64_t{1} << 63));
    std::string key;
    for (int shift = 56; shift >= 0; shift -= 8) key += static_cast<char>(falling >> shift & 0xFF);
    return key + entry.get_data().substr(1);
  }
};

class AfterPlace : public Xapian::MatchDecider {
 public:
  explicit AfterPlace(const OrderKey& place) : place_(place) {}
  bool operator()(const Xapian::Document& entry) const override {
    return is_newer(place_.date, place_.id, date_of(entry),
                    std::string_view(entry.get_data()).substr(1));
  }

 private:
  const OrderKey& place_;
};

Xapian::Query within(const Xapian::Query& query, std::uint32_t first, std::uint32_t end) {
  auto* range = new RangeSource(first, end);
  return Xapian::Query(Xapian::Query::OP_FILTER, query, Xapian::Query(range->release()));
}

}  // namespace

struct FulltextReader::State {
  std::filesystem::path folder;
  Xapian::Database database;
  StemCache stems;
  std::map<MessageFilter, Numbers> numbers;
  std::string numbers_state;  // of the catalog, when they were read

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

  Numbers numbers_of(const MessageFilter& filter, const SearchScope& scope) {
    if (const auto found = numbers.find(filter); found != numbers.end()) return found->second;
    auto read = std::make_shared<const std::vector<std::uint32_t>>(scope.numbers(filter));
    if (numbers.size() == kMaxCachedFilters) numbers.clear();
    return numbers[filter] = std::move(read);
  }

  HitPage by_relevance(const Xapian::Query& query, const SearchRequest& request);
  HitPage by_date(const Xapian::Query& query, const SearchRequest& request,
                  const SearchScope& scope);
  void merge_overflow(const Xapian::Query& query, const SearchRequest& request, HitPage& page);
};

FulltextReader::FulltextReader(const std::filesystem::path& folder)
    : state_(std::make_unique<State>()) {
  state_->folder = folder;
  with_xapian_errors(folder, [&] { state_->database = Xapian::Database(folder.string()); });
}

FulltextReader::~FulltextReader() = default;

void FulltextReader::refresh() {
  with_xapian_errors(state_->folder, [&] { state_->database.reopen(); });
}

DerivedCheckpoint FulltextReader::checkpoint() const {
  return state_->retried(
      [&] { return DerivedCheckpoint::parse(state_->database.get_metadata(kCheckpointKey)); });
}

std::int64_t FulltextReader::entries() const {
  return state_->retried(
      [&] { return static_cast<std::int64_t>(state_->database.get_doccount()) - 1; });
}

QueryResult<HitPage> FulltextReader::search(const SearchRequest& request,
                                            const SearchScope& scope) {
  if (auto state = scope.state(); state != state_->numbers_state) {
    state_->numbers.clear();
    state_->numbers_state = std::move(state);
  }
  const auto numbers = [&](const MessageFilter& filter) {
    return state_->numbers_of(filter, scope);
  };
  return state_->retried([&]() -> QueryResult<HitPage> {
    auto query = QueryTranslator(state_->database, scope, numbers, state_->stems, request.order)
                     .translate(*request.query);
    if (!query) return query.error();
    if (request.kind)
      query =
          Xapian::Query(Xapian::Query::OP_FILTER, *query, Xapian::Query(kind_term(*request.kind)));
    if (request.order == SearchOrder::kRelevance) return state_->by_relevance(*query, request);
    return state_->by_date(*query, request, scope);
  });
}

HitPage FulltextReader::State::by_relevance(const Xapian::Query& query,
                                            const SearchRequest& request) {
  Xapian::Enquire enquire(database);
  enquire.set_query(query);
  const auto matches = enquire.get_mset(
      static_cast<Xapian::doccount>(std::min<std::size_t>(request.offset, 1U << 31)),
      static_cast<Xapian::doccount>(request.limit + 1), kExactTotal);
  HitPage page;
  for (auto match = matches.begin(); match != matches.end() && page.hits.size() < request.limit;
       ++match) {
    page.hits.push_back(hit_of(match, request.order));
  }
  page.more = matches.size() > request.limit;
  set_total(page, matches);
  return page;
}

// Numbers are in the order of the list, so the matcher stops when the page is full.
HitPage FulltextReader::State::by_date(const Xapian::Query& query, const SearchRequest& request,
                                       const SearchScope& scope) {
  Xapian::Enquire enquire(database);
  enquire.set_weighting_scheme(Xapian::BoolWeight());
  enquire.set_docid_order(Xapian::Enquire::ASCENDING);
  const bool has_overflow = database.get_lastdocid() >= kFirstOverflowNumber;
  const bool is_whole = !request.after && !has_overflow;
  const std::uint32_t first = request.after ? scope.number_after(*request.after) : 1;
  enquire.set_query(is_whole ? query : within(query, first, kFirstOverflowNumber));
  const auto matches = enquire.get_mset(0, static_cast<Xapian::doccount>(request.limit + 1),
                                        is_whole ? kExactTotal : 0);

  HitPage page;
  for (auto match = matches.begin(); match != matches.end(); ++match)
    page.hits.push_back(hit_of(match, request.order));
  if (has_overflow) merge_overflow(query, request, page);
  page.more = page.hits.size() > request.limit;
  if (page.more) page.hits.resize(request.limit);

  if (is_whole) {
    set_total(page, matches);
  } else {
    enquire.set_query(query);
    set_total(page, enquire.get_mset(0, 0, kExactTotal));
  }
  return page;
}

void FulltextReader::State::merge_overflow(const Xapian::Query& query, const SearchRequest& request,
                                           HitPage& page) {
  Xapian::Enquire enquire(database);
  enquire.set_weighting_scheme(Xapian::BoolWeight());
  enquire.set_query(within(query, kFirstOverflowNumber, std::numeric_limits<std::uint32_t>::max()));
  ListOrder order;
  enquire.set_sort_by_key(&order, false);
  std::optional<AfterPlace> after;
  if (request.after) after.emplace(*request.after);
  const auto matches = enquire.get_mset(0, static_cast<Xapian::doccount>(request.limit + 1), 0,
                                        nullptr, after ? &*after : nullptr);

  std::vector<Hit> both;
  auto main = page.hits.begin();
  for (auto match = matches.begin(); match != matches.end(); ++match) {
    auto hit = hit_of(match, request.order);
    for (; main != page.hits.end() && is_newer(main->date, main->id, hit.date, hit.id); ++main) {
      both.push_back(std::move(*main));
    }
    both.push_back(std::move(hit));
  }
  both.insert(both.end(), std::make_move_iterator(main), std::make_move_iterator(page.hits.end()));
  page.hits = std::move(both);
}

}  // namespace indexer
