#include "indexer/page_cache.hpp"

#include <algorithm>

namespace indexer {
namespace {

constexpr std::size_t kMostBytes =
    1 << 20;  // some 25 pages of 50 messages, of each account that is open

std::size_t bytes_of(const ListPage& page) {
  std::size_t bytes = 0;
  for (const auto& row : page.rows) bytes += row.size();
  return bytes;
}

}  // namespace

std::optional<ListPage> PageCache::find(const Version& version, const ListQuery& query) {
  std::shared_ptr<const ListPage> page;
  {
    const std::lock_guard lock(mutex_);
    if (version != version_) return {};
    const auto kept = std::find_if(pages_.begin(), pages_.end(),
                                   [&](const Kept& each) { return each.query == query; });
    if (kept == pages_.end()) return {};
    page = kept->page;
  }
  return *page;
}

void PageCache::keep(const Version& version, const ListQuery& query, const ListPage& page) {
  const auto bytes = bytes_of(page);
  if (bytes > kMostBytes / 4) return;
  auto copy = std::make_shared<const ListPage>(page);
  const std::lock_guard lock(mutex_);
  if (version != version_) {
    pages_.clear();
    bytes_ = 0;
    version_ = version;
  }
  pages_.push_front({query, std::move(copy), bytes});
  bytes_ += bytes;
  for (; bytes_ > kMostBytes; pages_.pop_back()) bytes_ -= pages_.back().bytes;
}

}  // namespace indexer
