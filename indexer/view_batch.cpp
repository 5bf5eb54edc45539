#include "indexer/view_batch.hpp"

#include <algorithm>

namespace indexer {

std::int64_t ViewBatch::view(const std::string& name, bool sorts) {
  const auto known = by_name_.find(name);
  if (known != by_name_.end()) return known->second;
  std::int64_t view = 0;
  if (Rows rows(writer_.find_view, name); rows.next()) view = rows.integer(0);
  if (view == 0) {
    Rows rows(writer_.last_view);
    view = (rows.next() ? rows.integer(0) : 0) + kViewStep;
    if (has_sorts(view) != sorts) view += kViewStep;
    writer_.insert_view.bind(view, name).run();
  }
  by_name_.emplace(name, view);
  return view;
}

void ViewBatch::add(std::int64_t view, const Listed& listed) {
  if (view == kUnreadOutsideTrash) return;
  listing_.push_back({view, place_key(listed.place), listed.entry, listed.flags});
  put_sorts(view, listed, listed.entry);
  count(view, listed, 1);
}

void ViewBatch::remove(std::int64_t view, const Listed& listed) {
  if (view == kUnreadOutsideTrash) return;
  listing_.push_back({view, place_key(listed.place), 0, 0});
  put_sorts(view, listed, 0);
  count(view, listed, -1);
}

void ViewBatch::change(std::int64_t view, const Listed& from, const Listed& to) {
  if (from.place != to.place || from.sort_keys != to.sort_keys) {
    remove(view, from);
    add(view, to);
  } else if (from.flags != to.flags && view != kUnreadOutsideTrash) {
    listing_.push_back({view, place_key(to.place), to.entry, to.flags});
    count(view, from, -1);
    count(view, to, 1);
  }
}

void ViewBatch::count(std::int64_t view, const Listed& listed, std::int64_t delta) {
  auto& totals = totals_[view];
  totals.total += delta;
  if ((listed.flags & flag::kUnread) != 0) totals.unread += delta;
}

void ViewBatch::put_sorts(std::int64_t view, const Listed& listed, std::int64_t entry) {
  if (!ordered_ || !has_sorts(view)) return;
  for (const auto sort : kKeySorts) {
    const auto& own = listed.sort_keys[static_cast<std::size_t>(sort) - 1];
    sorted_.push_back({sorted_view(view, sort), sorted_key(own, listed.place), entry, 0});
  }
}

void ViewBatch::add_newest(std::int64_t view, const OrderKey& place, std::int64_t entry) {
  if (ordered_ && view != kUnreadOutsideTrash)
    sorted_.push_back({by_thread(view), place_key(place), entry, 0});
}

void ViewBatch::remove_newest(std::int64_t view, const OrderKey& place) {
  add_newest(view, place, 0);
}

void ViewBatch::write(std::vector<Row>& rows, bool sorted) {
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return a.view != b.view ? a.view < b.view : a.key < b.key;
  });
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    const bool is_last =
        i + 1 == rows.size() || rows[i + 1].view != row.view || rows[i + 1].key != row.key;
    if (!is_last) continue;  // what came later counts
    if (row.entry == 0) {
      (sorted ? writer_.delete_sorted : writer_.delete_listing)
          .bind(row.view, as_blob(row.key))
          .run();
    } else if (sorted) {
      writer_.put_sorted.bind(row.view, as_blob(row.key), row.entry).run();
    } else {
      writer_.put_listing.bind(row.view, as_blob(row.key), row.entry, row.flags).run();
    }
  }
  rows.clear();
}

void ViewBatch::flush() {
  write(listing_, false);
  write(sorted_, true);
  for (const auto& [view, delta] : totals_) {
    writer_.change_view.bind(delta.total, delta.unread, delta.threads, delta.unread_threads, view)
        .run();
  }
  totals_.clear();
  by_name_.clear();
}

}  // namespace indexer
