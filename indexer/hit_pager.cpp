#include "indexer/hit_pager.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <limits>
#include <unordered_set>
#include <utility>

#include "indexer/entry.hpp"
#include "indexer/octets.hpp"
#include "indexer/sort_keys.hpp"

namespace indexer {
namespace {

// What recency adds to the weight of the newest entry, of the most that the query could give.
constexpr double kRecencyShare = 0.05;
// Matches whose threads are looked up together, and those that are looked at to count threads: 1 µs
// each.
constexpr std::size_t kThreadsAtOnce = 512;
constexpr std::size_t kMaxThreadsCounted = 10'000;

// Newest first: by date, then id.
bool is_newer(std::int64_t date, std::string_view id, std::int64_t other_date,
              std::string_view other_id) {
  return date != other_date ? date > other_date : id < other_id;
}

std::int64_t to_date(const std::string& value) {
  return static_cast<std::int64_t>(Xapian::sortable_unserialise(value));
}

std::int64_t date_of(const Xapian::Document& entry) { return to_date(entry.get_value(kDateSlot)); }

Hit hit_of(const Xapian::Document& entry, std::uint32_t number, std::int64_t date) {
  const auto data = entry.get_data();
  if (data.empty()) throw Xapian::DatabaseCorruptError(fmt::format("entry {} has no data", number));
  Hit hit;
  hit.kind = data[0] == kind_letter(Kind::kMail) ? Kind::kMail : Kind::kFile;
  hit.id = data.substr(1);
  hit.number = number;
  hit.date = date;
  hit.place.newest_first = {hit.date, hit.id};
  return hit;
}

Hit hit_of(const Xapian::Document& entry, std::uint32_t number) {
  return hit_of(entry, number, date_of(entry));
}

// The order of lists, for entries whose number does not tell it.
class ListOrder : public Xapian::KeyMaker {
 public:
  std::string operator()(const Xapian::Document& entry) const override {
    const auto falling = ~(static_cast<std::uint64_t>(date_of(entry)) ^ (std::uint64_t{1} << 63));
    std::string key;
    append_big_endian(key, falling);
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

Xapian::Query within(const Xapian::Query& query, RangeSource::Range range, Deadline& deadline) {
  auto* source = new RangeSource(range, deadline);
  return Xapian::Query(Xapian::Query::OP_FILTER, query, Xapian::Query(source->release()));
}

constexpr RangeSource::Range kOverflow{kFirstOverflowNumber,
                                       std::numeric_limits<std::uint32_t>::max()};

Xapian::doccount to_count(std::size_t count) {
  return static_cast<Xapian::doccount>(std::min<std::size_t>(count, 1U << 31));
}

// By relevance: how many of the best matches to read first. One page of slack for hits that moved
// ahead of the last page's end meanwhile.
std::size_t matches_to_read(const SearchRequest& request) {
  const auto before = request.after ? request.after->hits + request.limit : 0;
  return before + request.limit + 1;
}

void add_ranked(HitPage& page, const Xapian::MSet& matches, std::size_t rank) {
  const auto match = matches[static_cast<Xapian::doccount>(rank)];
  auto& hit = page.hits.emplace_back(hit_of(match.get_document(), *match));
  hit.score = match.get_weight();
  hit.place.number = hit.number;
  hit.place.hits = rank + 1;
}

// Counts threads as their messages come by; a file is one of its own.
class SeenThreads {
 public:
  bool add(std::int64_t thread) { return thread == 0 || seen_.insert(thread).second; }

 private:
  std::unordered_set<std::int64_t> seen_;
};

}  // namespace

HitPage HitPager::page() {
  if (request_.order == SearchOrder::kSorted)
    return request_.sort == Sort::kReceived ? oldest_first() : by_sort();
  if (request_.order == SearchOrder::kRelevance)
    return request_.threads ? threads_by_relevance() : by_relevance();
  return request_.threads ? threads_by_date() : by_date();
}

// Numbers are in the order of the list, so the matcher stops when the page is full.
HitPage HitPager::by_date() {
  Xapian::Enquire enquire(database_);
  enquire.set_weighting_scheme(Xapian::BoolWeight());
  enquire.set_docid_order(Xapian::Enquire::ASCENDING);
  const std::uint32_t first =
      request_.after ? catalog_.number_after(request_.after->newest_first) : 1;
  const auto end = has_overflow() ? kFirstOverflowNumber : RangeSource::kAll.end;
  enquire.set_query(within(query_, {first, end}, deadline_));
  const auto matches = enquire.get_mset(0, to_count(request_.limit + 1));

  HitPage page;
  // Dates of neighbours stand together: one walk costs less than to look for each.
  auto dates = database_.valuestream_begin(kDateSlot);
  const auto dates_end = database_.valuestream_end(kDateSlot);
  for (auto match = matches.begin(); match != matches.end(); ++match) {
    dates.skip_to(*match);
    if (dates == dates_end || dates.get_docid() != *match)
      throw Xapian::DatabaseCorruptError(fmt::format("entry {} has no date", *match));
    page.hits.push_back(hit_of(match.get_document(), *match, to_date(*dates)));
  }
  if (has_overflow()) merge_overflow(page);
  page.more = page.hits.size() > request_.limit;
  if (page.more) page.hits.resize(request_.limit);

  const bool holds_all = !request_.after && !page.more;
  if (holds_all) {
    page.total = static_cast<std::int64_t>(page.hits.size());
  } else {
    count(page);
  }
  return page;
}

void HitPager::merge_overflow(HitPage& page) {
  Xapian::Enquire enquire(database_);
  enquire.set_weighting_scheme(Xapian::BoolWeight());
  enquire.set_query(within(query_, kOverflow, deadline_));
  ListOrder order;
  enquire.set_sort_by_key(&order, false);
  std::optional<AfterPlace> after;
  if (request_.after) after.emplace(request_.after->newest_first);
  const auto matches =
      enquire.get_mset(0, to_count(request_.limit + 1), 0, nullptr, after ? &*after : nullptr);

  std::vector<Hit> both;
  auto main = page.hits.begin();
  for (auto match = matches.begin(); match != matches.end(); ++match) {
    auto hit = hit_of(match.get_document(), *match);
    for (; main != page.hits.end() && is_newer(main->date, main->id, hit.date, hit.id); ++main) {
      both.push_back(std::move(*main));
    }
    both.push_back(std::move(hit));
  }
  both.insert(both.end(), std::make_move_iterator(main), std::make_move_iterator(page.hits.end()));
  page.hits = std::move(both);
}

// Exact for what is expected to be little, and where it costs nothing.
void HitPager::count(HitPage& page) {
  Xapian::Enquire enquire(database_);
  enquire.set_weighting_scheme(Xapian::BoolWeight());
  enquire.set_query(query_);
  auto counted = enquire.get_mset(0, 0);
  const auto is_exact = [&] {
    return counted.get_matches_lower_bound() == counted.get_matches_upper_bound();
  };
  if (!is_exact() && counted.get_matches_estimated() <= kExactTotal) {
    enquire.set_query(within(query_, RangeSource::kAll, deadline_));
    counted = enquire.get_mset(0, 0, kExactTotal);
  }
  // An estimate may count the empty entry.
  page.total = std::min(counted.get_matches_estimated(), database_.get_doccount() - 1);
  page.total_is_exact = is_exact();
}

Xapian::Query HitPager::with_recency() const {
  Xapian::Enquire enquire(database_);
  enquire.set_query(query_);
  const double most = enquire.get_mset(0, 0).get_max_possible();
  const double boost = translator_.boosts_accents() ? 1 + kAccentWeight : 1;
  auto* recency = new RecencySource(kRecencyShare * most / boost);
  return Xapian::Query(Xapian::Query::OP_AND_MAYBE, query_, Xapian::Query(recency->release()));
}

bool HitPager::has_overflow() const { return database_.get_lastdocid() >= kFirstOverflowNumber; }

Xapian::Enquire HitPager::ranking(const Xapian::Query& ranked, RangeSource::Range range) const {
  Xapian::Enquire enquire(database_);
  enquire.set_query(within(ranked, range, deadline_));
  if (has_overflow()) enquire.set_sort_by_relevance_then_value(kDateSlot, true);
  return enquire;
}

// The present weight of the last page's last hit, since new mail changes weights a little; nothing
// when it no longer matches.
std::optional<HitPager::Rank> HitPager::end_of_last_page(const Xapian::Query& ranked) const {
  if (!request_.after) return std::nullopt;
  const auto& end = *request_.after;
  const auto found = ranking(ranked, {end.number, end.number + 1}).get_mset(0, 1);
  if (found.empty() || hit_of(found[0].get_document(), end.number).id != end.newest_first.id)
    return std::nullopt;
  return Rank{found[0].get_weight(), found[0].get_sort_key(), end.number};
}

// The first match of the page. If the last page's last hit is gone, the hits after it have moved
// up.
std::size_t HitPager::begin_of_page(const Xapian::MSet& matches,
                                    const std::optional<Rank>& last) const {
  if (last) {
    std::size_t after = 0;
    for (auto match = matches.begin(); match != matches.end(); ++match, ++after) {
      if (last->is_before({match.get_weight(), match.get_sort_key(), *match})) break;
    }
    return after;
  }
  if (!request_.after || request_.after->hits == 0) return 0;
  return std::min<std::size_t>(request_.after->hits - 1, matches.size());
}

HitPage HitPager::by_relevance() {
  const auto ranked = with_recency();
  const auto last = end_of_last_page(ranked);
  const auto enquire = ranking(ranked, RangeSource::kAll);
  HitPage page;
  for (auto wanted = matches_to_read(request_);; wanted *= 2) {
    const auto matches = enquire.get_mset(0, to_count(wanted));
    const auto begin = begin_of_page(matches, last);
    const auto end = std::min<std::size_t>(begin + request_.limit, matches.size());
    page.more = end < matches.size();
    if (!page.more && matches.size() == wanted && !deadline_.was_over()) continue;
    for (auto i = begin; i < end; ++i) add_ranked(page, matches, i);
    break;
  }
  count(page);
  return page;
}

Hit HitPager::read_hit(std::uint32_t number) const {
  return hit_of(database_.get_document(number), number);
}

bool HitPager::is_after(std::uint32_t number, std::uint32_t first_after) const {
  if (number < kFirstOverflowNumber) return number >= first_after;
  const auto hit = read_hit(number);
  return is_newer(request_.after->newest_first.date, request_.after->newest_first.id, hit.date,
                  hit.id);
}

// Which message represents its thread depends on all matches before it, so the matches are walked
// from the newest.
HitPage HitPager::threads_by_date() {
  const auto& numbers = matches();
  const std::uint32_t first_after =
      request_.after ? catalog_.number_after(request_.after->newest_first) : 0;
  HitPage page;
  SeenThreads seen;
  std::size_t looked_at = 0, found = 0;
  bool is_past_cursor = !request_.after;
  while (looked_at < numbers.size()) {
    const bool is_full = page.hits.size() > request_.limit;
    if (is_full && (numbers.size() > kMaxThreadsCounted || deadline_.is_over())) break;
    const auto at_once = std::min(kThreadsAtOnce, numbers.size() - looked_at);
    const auto begin = numbers.begin() + static_cast<std::ptrdiff_t>(looked_at);
    const std::vector<std::uint32_t> some(begin, begin + static_cast<std::ptrdiff_t>(at_once));
    const auto threads = catalog_.threads_of(some);
    for (std::size_t i = 0; i < some.size(); ++i) {
      if (!seen.add(threads[i])) continue;
      ++found;
      is_past_cursor = is_past_cursor || is_after(some[i], first_after);
      if (is_past_cursor && page.hits.size() <= request_.limit)
        page.hits.push_back(read_hit(some[i]));
    }
    looked_at += at_once;
  }
  page.more = page.hits.size() > request_.limit;
  if (page.more) page.hits.resize(request_.limit);
  page.total_is_exact = looked_at == numbers.size();
  page.total = static_cast<std::int64_t>(looked_at == 0 ? 0
                                                        : static_cast<double>(found) *
                                                              static_cast<double>(numbers.size()) /
                                                              static_cast<double>(looked_at));
  return page;
}

HitPage HitPager::threads_by_relevance() {
  const auto ranked = with_recency();
  const auto last = end_of_last_page(ranked);
  const auto enquire = ranking(ranked, RangeSource::kAll);
  HitPage page;
  for (auto wanted = matches_to_read(request_) + request_.limit;; wanted *= 2) {
    const auto matches = enquire.get_mset(0, to_count(wanted));
    // Those before it are looked at for their threads alone.
    const auto begin = begin_of_page(matches, last);
    std::vector<std::uint32_t> numbers;
    for (auto match = matches.begin(); match != matches.end(); ++match) numbers.push_back(*match);
    const auto threads = catalog_.threads_of(numbers);
    page.hits.clear();
    page.more = false;
    SeenThreads seen;
    for (std::size_t i = 0; i < numbers.size() && !page.more; ++i) {
      if (!seen.add(threads[i]) || i < begin) continue;
      page.more = page.hits.size() == request_.limit;
      if (!page.more) add_ranked(page, matches, i);
    }
    if (page.more || numbers.size() < wanted || deadline_.was_over()) break;
  }
  const auto counted = threads_by_date();
  page.total = counted.total;
  page.total_is_exact = counted.total_is_exact;
  return page;
}

// The order of matches(), from its end.
HitPage HitPager::oldest_first() {
  const auto numbers = request_.threads ? newest_of_threads() : matches();
  auto end = numbers.end();
  if (request_.after) {
    const auto last = place_of(request_.after->key);
    end = std::partition_point(numbers.begin(), end, [&](std::uint32_t number) {
      const auto hit = read_hit(number);
      return is_newer(hit.date, hit.id, last.date, last.id);
    });
  }
  HitPage page;
  while (end != numbers.begin() && page.hits.size() < request_.limit) {
    auto& hit = page.hits.emplace_back(read_hit(*--end));
    hit.place.key = place_key(hit.place.newest_first);
  }
  page.more = end != numbers.begin();
  page.total = static_cast<std::int64_t>(numbers.size());
  return page;
}

HitPage HitPager::by_sort() {
  const auto numbers = request_.threads ? newest_of_threads() : matches();
  const auto sorted = catalog_.sorted_numbers(numbers, request_.sort, request_.ascending,
                                              request_.after ? request_.after->key : std::string(),
                                              request_.limit + 1);
  HitPage page;
  page.more = sorted.size() > request_.limit;
  for (const auto& [key, number] : sorted) {
    if (page.hits.size() == request_.limit) break;
    page.hits.push_back(read_hit(number));
    page.hits.back().place.key = key;
  }
  page.total = static_cast<std::int64_t>(numbers.size());
  return page;
}

std::vector<std::uint32_t> HitPager::newest_of_threads() {
  const auto& numbers = matches();
  const auto threads = catalog_.threads_of(numbers);
  SeenThreads seen;
  std::vector<std::uint32_t> newest;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (seen.add(threads[i])) newest.push_back(numbers[i]);
  }
  return newest;
}

const std::vector<std::uint32_t>& HitPager::matches() {
  if (!matches_) {
    matches_ = all_matches(database_, query_, deadline_);
    put_in_list_order(*matches_);
  }
  return *matches_;
}

void HitPager::put_in_list_order(std::vector<std::uint32_t>& numbers) const {
  const auto overflow = std::lower_bound(numbers.begin(), numbers.end(), kFirstOverflowNumber);
  if (overflow == numbers.end()) return;
  std::vector<Hit> late;
  for (auto number = overflow; number != numbers.end(); ++number) late.push_back(read_hit(*number));
  std::sort(late.begin(), late.end(),
            [](const Hit& a, const Hit& b) { return is_newer(a.date, a.id, b.date, b.id); });
  std::vector<std::uint32_t> merged;
  merged.reserve(numbers.size());
  auto main = numbers.begin();
  for (const auto& hit : late) {
    const auto next = catalog_.number_after({hit.date, hit.id});
    for (; main != overflow && *main < next; ++main) merged.push_back(*main);
    merged.push_back(hit.number);
  }
  merged.insert(merged.end(), main, overflow);
  numbers = std::move(merged);
}

}  // namespace indexer
