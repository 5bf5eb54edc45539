#include "indexer/view_batch.hpp"

#include <algorithm>

namespace indexer {

std::int64_t ViewBatch::view(const std::string& name, bool counts_threads_of_it) {
  const auto known = by_name_.find(name);
  if (known != by_name_.end()) return known->second;
  std::int64_t view = 0;
  if (Rows rows(writer_.find_view, name); rows.next()) view = rows.integer(0);
  if (view == 0) {
    Rows rows(writer_.last_view);
    view = rows.next() ? rows.integer(0) + 1 : 1;
    if (counts_threads(view) != counts_threads_of_it) ++view;
    writer_.insert_view.bind(view, name).run();
  }
  by_name_.emplace(name, view);
  return view;
}

void ViewBatch::add(std::int64_t view, const OrderKey& place, std::int64_t entry) {
  listed_.push_back({view, place, entry});
  ++totals_[view].total;
}

void ViewBatch::remove(std::int64_t view, const OrderKey& place) {
  listed_.push_back({view, place, 0});
  --totals_[view].total;
}

void ViewBatch::flush() {
  std::stable_sort(listed_.begin(), listed_.end(), [](const Listed& a, const Listed& b) {
    return a.view != b.view ? a.view < b.view : comes_before(a.place, b.place);
  });
  for (const auto& row : listed_) {
    if (row.entry != 0) {
      writer_.insert_listing.bind(row.view, row.place.date, row.place.id, row.entry).run();
    } else {
      writer_.delete_listing.bind(row.view, row.place.date, row.place.id).run();
    }
  }
  listed_.clear();
  for (const auto& [view, delta] : totals_) {
    if (delta.total != 0 || delta.threads != 0)
      writer_.change_view.bind(delta.total, delta.threads, view).run();
    if (delta.total < 0 && view > kLastFixedView) writer_.drop_empty_view.bind(view).run();
  }
  totals_.clear();
  by_name_.clear();
}

}  // namespace indexer
