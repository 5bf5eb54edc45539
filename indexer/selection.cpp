#include "indexer/selection.hpp"

#include <algorithm>
#include <limits>
#include <unordered_set>

namespace indexer {
namespace {

constexpr std::int64_t kMostCounted = 10'000;  // rows of the driving view; about 10 ms
constexpr std::int64_t kSample = 1'000;  // rows that an estimate is drawn from

bool is_in(Reader& reader, std::int64_t view, std::int64_t date, std::string_view id) {
  return Rows(reader.probe, view, date, id).next();
}

// Names of the views that must all hold a message.
std::vector<std::string> view_names(const MessageFilter& filter, bool seen_only) {
  std::vector<std::string> names;
  const char set = filter.mailbox.empty() ? 'a' : 'm';
  if (filter.unread) names.push_back(view_name('u', set, filter.mailbox));
  if (filter.flagged) names.push_back(view_name('f', set, filter.mailbox));
  if (filter.attachment) names.push_back(view_name('a', set, filter.mailbox));
  if (!filter.keyword.empty() && !seen_only) names.push_back(view_name('*', 'k', filter.keyword));
  const bool names_mailbox = filter.unread || filter.flagged || filter.attachment;
  if (names.empty() || (set == 'm' && !names_mailbox))
    names.push_back(view_name('*', set, filter.mailbox));
  return names;
}

}  // namespace

Selection Selection::of(Reader& reader, const MessageFilter& filter) {
  Selection selection;
  selection.seen_only_ = filter.keyword == "$seen";
  if (selection.seen_only_ && filter.unread) return selection;
  for (const auto& name : view_names(filter, selection.seen_only_)) {
    const auto view = reader.view(name);
    if (!view || view->total == 0) return {};
    selection.views_.push_back(*view);
  }
  std::stable_sort(selection.views_.begin(), selection.views_.end(),
                   [](const View& a, const View& b) { return a.total < b.total; });
  return selection;
}

bool Selection::holds(Reader& reader, std::int64_t date, std::string_view id) const {
  for (std::size_t i = 1; i < views_.size(); ++i) {
    if (!is_in(reader, views_[i].view, date, id)) return false;
  }
  return !seen_only_ || !is_in(reader, kAllUnread, date, id);
}

bool Selection::contains(Reader& reader, std::int64_t date, std::string_view id) const {
  return (driver().view == kAllMail || is_in(reader, driver().view, date, id)) &&
         holds(reader, date, id);
}

Selection::Size Selection::size(Reader& reader, bool threads) const {
  if (is_empty()) return {};
  if (holds_whole_driver()) {
    if (!threads) return {driver().total, true};
    if (counts_threads(driver().view)) return {driver().threads, true};
  }
  const bool counts_all = driver().total <= kMostCounted;
  std::int64_t seen = 0, matching = 0;
  std::unordered_set<std::int64_t> threads_seen;
  Walk walk(reader, driver().view, {}, false);
  while ((counts_all || seen < kSample) && walk.next()) {
    ++seen;
    if (!holds(reader, walk.date(), walk.id())) continue;
    ++matching;
    if (threads) {
      Rows rows(reader.thread_of, walk.entry());
      if (rows.next()) threads_seen.insert(rows.integer(0));
    }
  }
  const auto found = threads ? static_cast<std::int64_t>(threads_seen.size()) : matching;
  if (counts_all) return {found, true};
  return {found * driver().total / std::max<std::int64_t>(seen, 1), false};
}

Walk::Walk(Reader& reader, std::int64_t view, const std::optional<OrderKey>& after, bool ascending)
    : other_dates_(ascending ? reader.newer : reader.older),
      view_(view),
      date_(ascending ? std::numeric_limits<std::int64_t>::min()
                      : std::numeric_limits<std::int64_t>::max()),
      after_(after),
      shares_date_(after.has_value()) {
  if (after_) {
    date_ = after_->date;
    rows_.emplace(ascending ? reader.same_date_back : reader.same_date, view_, date_, after_->id);
  } else {
    rows_.emplace(other_dates_, view_, date_);
  }
}

bool Walk::next() {
  if (rows_->next()) return true;
  if (!shares_date_) return false;
  shares_date_ = false;
  rows_.emplace(other_dates_, view_, date_);
  return rows_->next();
}

}  // namespace indexer
