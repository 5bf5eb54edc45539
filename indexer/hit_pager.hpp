// A page of the hits of one query, in the order asked for. For sources of this folder only.
#pragma once

#include <optional>
#include <vector>
#include <xapian.h>

#include "indexer/fulltext_query.hpp"
#include "indexer/posting_sources.hpp"

namespace indexer {

class HitPager {
 public:
  // `query` as `translator` made it, and perhaps filtered. All of these must outlive the pager.
  HitPager(const Xapian::Database& database, const QueryTranslator& translator,
           const Xapian::Query& query, const SearchRequest& request,
           const SearchableCatalog& catalog, Deadline& deadline)
      : database_(database),
        translator_(translator),
        query_(query),
        request_(request),
        catalog_(catalog),
        deadline_(deadline) {}

  [[nodiscard]] HitPage page();
  [[nodiscard]] std::vector<FacetCounts> facets();

 private:
  HitPage by_date();
  HitPage by_relevance();
  HitPage oldest_first();
  HitPage by_sort();
  HitPage threads_by_date();
  HitPage threads_by_relevance();
  // The newest match of each thread.
  [[nodiscard]] std::vector<std::uint32_t> newest_of_threads();
  void merge_overflow(HitPage& page);
  void count(HitPage& page);
  [[nodiscard]] Xapian::Query with_recency() const;
  [[nodiscard]] bool has_overflow() const;
  // By relevance, and what is equally relevant newest first.
  [[nodiscard]] Xapian::Enquire ranking(const Xapian::Query& ranked,
                                        RangeSource::Range range) const;
  struct Rank {
    double score;
    std::string date;  // between equal scores: a sort key, empty where numbers tell the date
    std::uint32_t number;  // between equal dates
    [[nodiscard]] bool is_before(const Rank& other) const {
      if (score != other.score) return score > other.score;
      return date != other.date ? date > other.date : number < other.number;
    }
  };
  [[nodiscard]] std::optional<Rank> end_of_last_page(const Xapian::Query& ranked) const;
  [[nodiscard]] std::size_t begin_of_page(const Xapian::MSet& matches,
                                          const std::optional<Rank>& last) const;
  [[nodiscard]] Hit read_hit(std::uint32_t number) const;
  [[nodiscard]] bool is_after(std::uint32_t number, std::uint32_t first_after) const;
  // All matches in the order of the list.
  [[nodiscard]] const std::vector<std::uint32_t>& matches();
  void put_in_list_order(std::vector<std::uint32_t>& numbers) const;

  const Xapian::Database& database_;
  const QueryTranslator& translator_;
  const Xapian::Query& query_;
  const SearchRequest& request_;
  const SearchableCatalog& catalog_;
  Deadline& deadline_;
  std::optional<std::vector<std::uint32_t>> matches_;
};

}  // namespace indexer
