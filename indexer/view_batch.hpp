// The changes that one transaction makes to views. They are collected and written in the order of the table, since random
// inserts are what a projection spends most of its time on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "indexer/catalog_state.hpp"

namespace indexer {

class ViewBatch {
 public:
  explicit ViewBatch(Writer& writer) : writer_(writer) {}

  // The number of that view, which is created when it is new.
  [[nodiscard]] std::int64_t view(const std::string& name, bool counts_threads);
  void add(std::int64_t view, const OrderKey& place, std::int64_t entry);
  void remove(std::int64_t view, const OrderKey& place);
  void count_threads(std::int64_t view, std::int64_t delta) { totals_[view].threads += delta; }
  void flush();

 private:
  struct Listed {
    std::int64_t view;
    OrderKey place;
    std::int64_t entry;  // 0: removed
  };
  struct Delta {
    std::int64_t total = 0, threads = 0;
  };

  Writer& writer_;
  std::unordered_map<std::string, std::int64_t> by_name_;
  std::unordered_map<std::int64_t, Delta> totals_;
  std::vector<Listed> listed_;
};

// Newest first.
[[nodiscard]] inline bool comes_before(const OrderKey& a, const OrderKey& b) {
  return a.date != b.date ? a.date > b.date : a.id < b.id;
}

}  // namespace indexer
