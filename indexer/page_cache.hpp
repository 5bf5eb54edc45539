// Keeps the list pages that were asked for last: clients ask for the first page of a mailbox again
// and again. Any thread. Each cache may hold a megabyte; beyond that, all caches of the process share
// a budget.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <optional>

#include "indexer/catalog.hpp"

namespace indexer {

class PageCache {
 public:
  PageCache() = default;
  PageCache(const PageCache&) = delete;
  PageCache& operator=(const PageCache&) = delete;
  ~PageCache();

  // The state that a page depends on, beside the query. When it changes, all pages are dropped.
  struct Version {
    std::int64_t changes = 0;  // Meta::changes
    bool ordered = false;
    std::int64_t emails = 0, contents = 0;  // how far the text index is, which rows tell (`level`)
    friend bool operator==(const Version&, const Version&) = default;
  };

  [[nodiscard]] std::optional<ListPage> find(const Version& version, const ListQuery& query);
  // Whether the query was among the last that this was asked of. A page that is read once, as by who
  // walks through a list, is not worth its copy.
  [[nodiscard]] bool was_asked_before(const ListQuery& query);
  void keep(const Version& version, const ListQuery& query, const ListPage& page);

 private:
  struct Kept {
    ListQuery query;
    std::shared_ptr<const ListPage> page;
    std::size_t bytes = 0;
  };

  void forget_last();
  [[nodiscard]] bool is_too_large() const;

  static std::atomic<std::size_t> all_bytes_;  // of the caches of the process

  std::mutex mutex_;  // for all that follows
  Version version_;
  std::list<Kept> pages_;  // the one that was asked for last first
  std::deque<ListQuery> asked_;  // the newest first
  std::size_t bytes_ = 0;  // of their rows
};

}  // namespace indexer
