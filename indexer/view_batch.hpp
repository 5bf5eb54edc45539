// The changes that one transaction makes to views. They are collected and written in the order of
// the tables, since random inserts are what a projection spends most of its time on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "indexer/catalog_writer.hpp"
#include "indexer/sort_keys.hpp"

namespace indexer {

// What the rows of lists say of an entry.
struct Listed {
  std::int64_t entry = 0;
  OrderKey place;
  std::int64_t flags = 0;
  std::vector<std::string> sort_keys;
};

class ViewBatch {
 public:
  // `ordered`: whether `sorted` is kept up to date; otherwise it is rebuilt later.
  ViewBatch(Writer& writer, bool ordered) : writer_(writer), ordered_(ordered) {}

  // The number of that view, which is created when it is new; then has_sorts() of it is `sorts`.
  [[nodiscard]] std::int64_t view(const std::string& name, bool sorts);
  void add(std::int64_t view, const Listed& listed);
  void remove(std::int64_t view, const Listed& listed);
  // An entry has changed but stays in the view.
  void change(std::int64_t view, const Listed& from, const Listed& to);
  // The row of a thread, which is that of its newest message, in the view's list by thread.
  void add_newest(std::int64_t view, const OrderKey& place, std::int64_t entry);
  void remove_newest(std::int64_t view, const OrderKey& place);
  void count_threads(std::int64_t view, std::int64_t delta) { totals_[view].threads += delta; }
  void count_unread_threads(std::int64_t view, std::int64_t delta) {
    totals_[view].unread_threads += delta;
  }
  void flush();

 private:
  struct Row {
    std::int64_t view;
    std::string key;
    std::int64_t entry;  // 0: removed
    std::int64_t flags;
  };
  struct Delta {
    std::int64_t total = 0, unread = 0, threads = 0, unread_threads = 0;
  };

  void count(std::int64_t view, const Listed& listed, std::int64_t delta);
  void put_sorts(std::int64_t view, const Listed& listed, std::int64_t entry);
  void write(std::vector<Row>& rows, bool sorted);

  Writer& writer_;
  bool ordered_;
  std::unordered_map<std::string, std::int64_t> by_name_;
  std::unordered_map<std::int64_t, Delta> totals_;
  std::vector<Row> listing_, sorted_;
};

}  // namespace indexer
