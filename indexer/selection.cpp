#include "indexer/selection.hpp"

#include <algorithm>
#include <bit>
#include <unordered_set>

namespace indexer {
namespace {

// Rows of the driving view that are looked at to count; about 10 ms. One that needs a probe, or a
// look at its thread, takes ten times as long.
constexpr std::int64_t kMostCounted = 50'000, kMostProbed = 10'000;
constexpr std::int64_t kSample = 1'000;  // rows that an estimate is drawn from

}  // namespace

Walk Walk::listing(Reader& reader, std::int64_t view, Direction direction, std::string_view from) {
  return {direction == Direction::kForward ? reader.listing_forward : reader.listing_back, view,
          from};
}

Walk Walk::sorted(Reader& reader, std::int64_t list, Direction direction, std::string_view from) {
  return {direction == Direction::kForward ? reader.sorted_forward : reader.sorted_back, list,
          from};
}

MessageCondition MessageCondition::of(Reader& reader, const MessageFilter& filter) {
  MessageCondition condition;
  const std::pair<int, std::optional<bool>> states[] = {
      {flag::kUnread, filter.unread},         {flag::kFlagged, filter.flagged},
      {flag::kAttachment, filter.attachment}, {flag::kSeen, filter.seen},
      {flag::kAnswered, filter.answered},     {flag::kDraft, filter.draft}};
  for (const auto& [flag, wanted] : states) {
    if (wanted) condition.require(flag, *wanted);
  }
  if (!filter.mailbox.empty()) {
    condition.mailbox_ = reader.view(view_name('*', 'm', filter.mailbox));
    condition.impossible_ = condition.impossible_ || !condition.mailbox_;
  }
  if (const auto flag = flag_of_keyword(filter.keyword)) {
    condition.require(flag, true);
  } else if (!filter.keyword.empty()) {
    condition.keyword_ = reader.view(view_name('*', 'k', filter.keyword));
    condition.impossible_ = condition.impossible_ || !condition.keyword_;
  }
  return condition;
}

void MessageCondition::require(int flag, bool set) {
  const int value = set ? flag : 0;
  if ((mask_ & flag) != 0 && (value_ & flag) != value) impossible_ = true;
  mask_ |= flag;
  value_ |= value;
}

bool MessageCondition::admits(std::int64_t flags, std::span<const std::int64_t> views) const {
  const auto has = [&](const std::optional<View>& view) {
    return !view || std::find(views.begin(), views.end(), view->view) != views.end();
  };
  return !impossible_ && admits(flags) && has(mailbox_) && has(keyword_);
}

bool MessageCondition::admits(Reader& reader, const ListedMessage& message) const {
  return !impossible_ && admits(message.flags) &&
         (!mailbox_ || is_in(reader, mailbox_->view, message)) &&
         (!keyword_ || is_in(reader, keyword_->view, message));
}

bool MessageCondition::is_in(Reader& reader, std::int64_t view, const ListedMessage& message) {
  return Rows(reader.is_listed, view, as_blob(message.place)).next();
}

Selection Selection::of(Reader& reader, const MessageFilter& filter) {
  Selection selection;
  selection.condition_ = MessageCondition::of(reader, filter);
  if (selection.condition_.is_impossible()) return selection;
  selection.mailbox_ = filter.mailbox;
  const auto& mailbox = selection.condition_.mailbox();
  selection.base_ = mailbox ? *mailbox : reader.view(view_name('*', 'a')).value_or(View{});
  selection.choose_driver(reader, filter);
  return selection;
}

Selection Selection::all_files(Reader& reader) {
  Selection selection;
  selection.driver_ = selection.base_ = reader.view(view_name('*', 'F')).value_or(View{});
  selection.whole_ = true;
  return selection;
}

void Selection::choose_driver(Reader& reader, const MessageFilter& filter) {
  driver_ = base_;
  const auto value = condition_.value();
  const char set = filter.mailbox.empty() ? 'a' : 'm';
  bool by_state = false;
  for (const auto& state : kStateViews) {
    if ((value & state.flag) == 0) continue;
    const auto view = reader.view(view_name(state.letter, set, filter.mailbox)).value_or(View{});
    if (view.total <= driver_.total) driver_ = view;
    by_state = by_state || view.view == driver_.view;
  }
  const auto& keyword = condition_.keyword();
  if (keyword && keyword->total < driver_.total) {
    driver_ = *keyword;
    by_state = false;
    if (condition_.mailbox()) probe_ = condition_.mailbox()->view;
  } else if (keyword) {
    probe_ = keyword->view;
  }
  // A view of a state answers for that flag, and no other.
  const auto flags = std::popcount(static_cast<unsigned>(condition_.mask()));
  whole_ = probe_ == 0 && (by_state ? flags == 1 : flags == 0);
}

std::optional<std::int64_t> Selection::complement(Reader& reader) const {
  if (condition_.keyword() || condition_.value() != 0) return {};
  for (const auto& state : kStateViews) {
    if (condition_.mask() != state.flag) continue;
    const auto view = reader.view(view_name(state.letter, mailbox_.empty() ? 'a' : 'm', mailbox_));
    return base_.total - (view ? view->total : 0);
  }
  return {};
}

Selection::Size Selection::size(Reader& reader, bool threads) const {
  if (is_empty()) return {};
  if (whole_) return {threads ? driver_.threads : driver_.total, true};
  if (const auto count = threads ? std::nullopt : complement(reader)) return {*count, true};
  const bool counts_all = driver_.total <= (threads || probe_ != 0 ? kMostProbed : kMostCounted);
  std::int64_t looked_at = 0, matching = 0;
  std::unordered_set<std::int64_t> threads_seen;
  auto walk = Walk::listing(reader, driver_.view, Walk::Direction::kForward, {});
  while ((counts_all || looked_at < kSample) && walk.next()) {
    ++looked_at;
    if (!holds(reader, walk.message())) continue;
    ++matching;
    if (!threads) continue;
    Rows rows(reader.list_entry, walk.entry());
    if (rows.next()) threads_seen.insert(rows.integer(3));
  }
  const auto found = threads ? static_cast<std::int64_t>(threads_seen.size()) : matching;
  if (counts_all) return {found, true};
  return {found * driver_.total / std::max<std::int64_t>(looked_at, 1), false};
}

}  // namespace indexer
