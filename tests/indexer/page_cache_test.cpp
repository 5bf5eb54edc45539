#include "indexer/page_cache.hpp"

#include <gtest/gtest.h>
#include <memory>

namespace indexer {
namespace {

ListPage page_of(const std::string& row, std::size_t count = 1) {
  ListPage page;
  page.rows.assign(count, row);
  return page;
}

ListQuery query_of(const std::string& mailbox) {
  ListQuery query;
  query.filter.mailbox = mailbox;
  return query;
}

TEST(PageCache, KeepsPagesOfOneVersion) {
  PageCache cache;
  const PageCache::Version first{1, true, 10, 20}, second{2, true, 10, 20},
      indexed{2, true, 11, 20};
  EXPECT_FALSE(cache.find(first, query_of("inbox")));
  cache.keep(first, query_of("inbox"), page_of("a"));
  EXPECT_EQ(cache.find(first, query_of("inbox"))->rows.front(), "a");
  EXPECT_FALSE(cache.find(first, query_of("work")));
  EXPECT_FALSE(cache.find(second, query_of("inbox")));
  EXPECT_FALSE(cache.find({1, false, 10, 20}, query_of("inbox")));
  cache.keep(second, query_of("inbox"), page_of("b"));
  EXPECT_EQ(cache.find(second, query_of("inbox"))->rows.front(), "b");
  EXPECT_FALSE(cache.find(first, query_of("inbox"))) << "forgotten";
  EXPECT_FALSE(cache.find(indexed, query_of("inbox"))) << "rows tell how far they are indexed";
}

TEST(PageCache, EveryPartOfTheQueryCounts) {
  PageCache cache;
  const PageCache::Version version{1, true, 1, 1};
  ListQuery query;
  cache.keep(version, query, page_of("a"));
  EXPECT_TRUE(cache.find(version, query));
  auto other = query;
  other.threads = true;
  EXPECT_FALSE(cache.find(version, other));
  other = query;
  other.ascending = true;
  EXPECT_FALSE(cache.find(version, other));
  other = query;
  other.limit = 49;
  EXPECT_FALSE(cache.find(version, other));
  other = query;
  other.after = "x";
  EXPECT_FALSE(cache.find(version, other));
  other = query;
  other.before = "x";
  EXPECT_FALSE(cache.find(version, other));
  other = query;
  other.anchor = {"x", 0, false};
  EXPECT_FALSE(cache.find(version, other));
  other = query;
  other.sort = Sort::kSize;
  EXPECT_FALSE(cache.find(version, other));
  other = query;
  other.filter.draft = false;
  EXPECT_FALSE(cache.find(version, other));
}

TEST(PageCache, TellsWhatIsAskedForAgain) {
  PageCache cache;
  EXPECT_FALSE(cache.was_asked_before(query_of("inbox")));
  EXPECT_TRUE(cache.was_asked_before(query_of("inbox")));
  for (int i = 0; i < 1'000; ++i)
    EXPECT_FALSE(cache.was_asked_before(query_of(std::to_string(i)))) << "who walks through a list";
  EXPECT_FALSE(cache.was_asked_before(query_of("inbox"))) << "long ago";
}

int fill(PageCache& cache, const std::string& mailbox) {
  const PageCache::Version version{1, true, 1, 1};
  const auto page = page_of(std::string(1'000, 'x'), 50);
  constexpr int kPages = 200;
  for (int i = 0; i < kPages; ++i) cache.keep(version, query_of(mailbox + std::to_string(i)), page);
  int kept = 0;
  for (int i = 0; i < kPages; ++i)
    kept += cache.find(version, query_of(mailbox + std::to_string(i))) ? 1 : 0;
  return kept;
}

TEST(PageCache, IsBounded) {
  PageCache cache;
  const PageCache::Version version{1, true, 1, 1};
  const int kept = fill(cache, "");
  EXPECT_GT(kept, 100);
  EXPECT_LE(kept, 168) << "eight megabytes";
  EXPECT_TRUE(cache.find(version, query_of("199"))) << "the newest stay";
  cache.keep(version, query_of("large"), page_of(std::string(1'000, 'x'), 500));
  EXPECT_FALSE(cache.find(version, query_of("large")));
  EXPECT_TRUE(cache.find(version, query_of("199")));
}

TEST(PageCache, ForgetsWhatWasNotAskedForLongest) {
  PageCache cache;
  const PageCache::Version version{1, true, 1, 1};
  const auto page = page_of(std::string(1'000, 'x'), 50);
  for (int i = 0; i < 200; ++i) {
    cache.keep(version, query_of(std::to_string(i)), page);
    EXPECT_TRUE(cache.find(version, query_of("0")));
  }
  EXPECT_FALSE(cache.find(version, query_of("1")));
}

TEST(PageCache, ManyShareOneBudget) {
  std::vector<std::unique_ptr<PageCache>> caches;
  int kept = 0;
  for (int i = 0; i < 12; ++i)
    kept = fill(*caches.emplace_back(std::make_unique<PageCache>()), std::to_string(i));
  EXPECT_GT(kept, 10);
  EXPECT_LE(kept, 21) << "the last have one megabyte each";
  caches.clear();
  PageCache next;
  EXPECT_GT(fill(next, ""), 100) << "what is closed gives its part back";
}

}  // namespace
}  // namespace indexer
