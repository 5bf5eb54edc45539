#include "indexer/page_cache.hpp"

#include <algorithm>

namespace indexer {
namespace {

// Bytes of rows: some 25 pages of 50 messages fit in a megabyte.
constexpr std::size_t kMaxPage = 256 << 10;
// What each cache may hold whatever the others hold; and, while all together hold no more than
// kMaxOfAll, what one may hold.
constexpr std::size_t kOwnShare = 1 << 20;
constexpr std::size_t kMaxAsked = 32;
constexpr std::size_t kMaxOfOne = 8 << 20, kMaxOfAll = 64 << 20;

std::size_t bytes_of(const ListPage& page) {
  std::size_t bytes = 0;
  for (const auto& row : page.rows) bytes += row.size();
  return bytes;
}

}  // namespace

std::atomic<std::size_t> PageCache::all_bytes_ = 0;

PageCache::~PageCache() { all_bytes_ -= bytes_; }

std::optional<ListPage> PageCache::find(const Version& version, const ListQuery& query) {
  std::shared_ptr<const ListPage> page;
  {
    const std::lock_guard lock(mutex_);
    if (version != version_) return {};
    const auto kept = std::find_if(pages_.begin(), pages_.end(),
                                   [&](const Kept& each) { return each.query == query; });
    if (kept == pages_.end()) return {};
    pages_.splice(pages_.begin(), pages_, kept);
    page = kept->page;
  }
  return *page;
}

bool PageCache::was_asked_before(const ListQuery& query) {
  const std::lock_guard lock(mutex_);
  if (std::find(asked_.begin(), asked_.end(), query) != asked_.end()) return true;
  asked_.push_front(query);
  if (asked_.size() > kMaxAsked) asked_.pop_back();
  return false;
}

void PageCache::keep(const Version& version, const ListQuery& query, const ListPage& page) {
  const auto bytes = bytes_of(page);
  if (bytes > kMaxPage) return;
  auto copy = std::make_shared<const ListPage>(page);
  const std::lock_guard lock(mutex_);
  if (version != version_) {
    while (!pages_.empty()) forget_last();
    version_ = version;
  }
  pages_.push_front({query, std::move(copy), bytes});
  bytes_ += bytes;
  all_bytes_ += bytes;
  while (is_too_large()) forget_last();
}

void PageCache::forget_last() {
  bytes_ -= pages_.back().bytes;
  all_bytes_ -= pages_.back().bytes;
  pages_.pop_back();
}

bool PageCache::is_too_large() const {
  return bytes_ > kMaxOfOne || (bytes_ > kOwnShare && all_bytes_ > kMaxOfAll);
}

}  // namespace indexer
