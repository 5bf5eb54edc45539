// The changes of a list since a state, from the change log: see change_log.hpp.
#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include "indexer/catalog_state.hpp"
#include "indexer/change_log.hpp"
#include "indexer/selection.hpp"
#include "indexer/sort_keys.hpp"
#include "indexer/view_batch.hpp"

namespace indexer {
namespace {

// Messages as they were at a state: as the log has them if they changed later, else as they are
// now.
class MessagesAtState {
 public:
  explicit MessagesAtState(Reader& reader) : reader_(reader) {}

  // Takes a row of the log; of the rows of a message after the state, the first counts.
  void log(const std::string& id, std::string_view packed);
  // Nothing when the message did not exist.
  [[nodiscard]] std::optional<ListMembership> membership(const std::string& id) const;
  // The newest message of a thread that a list had, which represents the thread there; empty: it
  // had none.
  [[nodiscard]] std::string newest(std::int64_t thread, const MessageCondition& condition) const;

 private:
  Reader& reader_;
  std::map<std::string, std::optional<ListMembership>> logged_;  // by id
  std::map<std::int64_t, std::vector<std::string>> logged_of_thread_;
};

void MessagesAtState::log(const std::string& id, std::string_view packed) {
  const auto [known, is_new] = logged_.try_emplace(id);
  if (!is_new) return;
  known->second = unpack_membership(packed);
  if (known->second) logged_of_thread_[known->second->thread].push_back(id);
}

std::optional<ListMembership> MessagesAtState::membership(const std::string& id) const {
  if (const auto known = logged_.find(id); known != logged_.end()) return known->second;
  std::int64_t entry = 0;
  if (Rows rows(reader_.by_id, id, static_cast<int>(Kind::kMail)); rows.next())
    entry = rows.integer(0);
  ListMembership now;
  {
    Rows rows(reader_.list_entry, entry);
    if (!rows.next()) return {};
    now = {rows.integer(2), rows.integer(3), rows.integer(0), {}};
  }
  if (Rows rows(reader_.views_of, entry); rows.next()) now.views = unpack_integers(rows.blob(0));
  return now;
}

std::string MessagesAtState::newest(std::int64_t thread, const MessageCondition& condition) const {
  std::optional<OrderKey> newest;
  if (const auto ids = logged_of_thread_.find(thread); ids != logged_of_thread_.end()) {
    for (const auto& id : ids->second) {
      const auto& was = *logged_.at(id);
      OrderKey place{was.date, id};
      if (condition.admits(was.flags, was.views) && (!newest || comes_before(place, *newest)))
        newest = std::move(place);
    }
  }
  for (Rows rows(reader_.thread_newest_first, thread); rows.next();) {
    OrderKey place{rows.integer(0), std::string(rows.text(1))};
    if (newest && comes_before(*newest, place)) break;
    if (logged_.contains(place.id)) continue;
    if (!condition.admits(reader_, {place_key(place), rows.integer(3), rows.integer(2)})) continue;
    newest = std::move(place);
    break;
  }
  return newest ? newest->id : std::string();
}

// The messages that changed in the steps after one state and up to another.
class ChangeRange {
 public:
  ChangeRange(Reader& reader, std::int64_t since)
      : reader_(reader), since_(since), begin_(reader), end_(reader) {}

  // Takes whole steps until there are `limit` messages. Returns the state that was reached; `now`
  // when there were no more.
  std::int64_t read(std::int64_t now, std::size_t limit);
  [[nodiscard]] ListChanges of_messages(const MessageCondition& condition) const;
  [[nodiscard]] ListChanges of_threads(const MessageCondition& condition) const;

 private:
  void read_renamed(std::int64_t until);

  Reader& reader_;
  std::int64_t since_;
  std::set<std::string> ids_;
  MessagesAtState begin_, end_;
};

std::int64_t ChangeRange::read(std::int64_t now, std::size_t limit) {
  auto select = reader_.connection.prepare(
      "SELECT state, id, before FROM changes WHERE state > ? ORDER BY state, id");
  std::int64_t reached = since_;
  bool full = false;
  for (Rows rows(select, since_); rows.next();) {
    const auto state = rows.integer(0);
    full = full || (state != reached && ids_.size() >= limit);
    std::string id(rows.text(1));
    begin_.log(id, rows.blob(2));
    if (full) {
      end_.log(id, rows.blob(2));
    } else {
      ids_.insert(std::move(id));
      reached = state;
    }
  }
  if (!full) reached = now;
  read_renamed(reached);
  return reached;
}

void ChangeRange::read_renamed(std::int64_t until) {
  auto select = reader_.connection.prepare(
      "SELECT e.id FROM renamed r JOIN entries e ON e.thread = r.thread "
      "WHERE r.state > ? AND r.state <= ?");
  for (Rows rows(select, since_, until); rows.next();) ids_.emplace(rows.text(0));
}

ListChanges ChangeRange::of_messages(const MessageCondition& condition) const {
  const auto admitted = [&](const std::optional<ListMembership>& membership) {
    return membership && condition.admits(membership->flags, membership->views);
  };
  ListChanges changes;
  for (const auto& id : ids_) {
    const bool was = admitted(begin_.membership(id)), is = admitted(end_.membership(id));
    if (was && is) changes.updated.push_back(id);
    if (!was && is) changes.added.push_back(id);
    if (was && !is) changes.removed.push_back(id);
  }
  return changes;
}

// The row of a thread changes when any of its messages changed, came or went.
ListChanges ChangeRange::of_threads(const MessageCondition& condition) const {
  std::set<std::int64_t> threads;
  for (const auto& id : ids_) {
    for (const auto* past : {&begin_, &end_}) {
      if (const auto membership = past->membership(id)) threads.insert(membership->thread);
    }
  }
  std::set<std::string> before, after;
  for (const auto thread : threads) {
    before.insert(begin_.newest(thread, condition));
    after.insert(end_.newest(thread, condition));
  }
  before.erase("");
  after.erase("");
  ListChanges changes;
  std::set_intersection(before.begin(), before.end(), after.begin(), after.end(),
                        std::back_inserter(changes.updated));
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                      std::back_inserter(changes.added));
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                      std::back_inserter(changes.removed));
  return changes;
}

// The number of a state of this catalog that the log goes back to.
std::optional<std::int64_t> known_state(const Meta& meta, std::string_view state) {
  const auto dash = state.rfind('-');
  if (dash == state.npos || state.substr(0, dash) != meta.instance) return {};
  const auto digits = state.substr(dash + 1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return {};
  if (number > meta.changes || number < meta.log_from) return {};
  return number;
}

}  // namespace

bool is_list_state(std::string_view text) {
  const auto dash = std::find(text.begin(), text.end(), '-');
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_alphanumeric = [&](char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); };
  return dash != text.begin() && text.end() - dash > 1 &&
         std::all_of(text.begin(), dash, is_alphanumeric) &&
         std::all_of(dash + 1, text.end(), is_digit);
}

std::optional<ListChanges> Catalog::changes(std::string_view since, const ListQuery& query) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  auto meta = Meta::load(reader->list_meta);
  const auto from = known_state(meta, since);
  if (!from) return {};
  const auto condition = MessageCondition::of(*reader, query.filter);
  ChangeRange range(*reader, *from);
  const auto reached = range.read(meta.changes, query.limit);
  auto changes = query.threads ? range.of_threads(condition) : range.of_messages(condition);
  changes.more = reached < meta.changes;
  meta.changes = reached;
  changes.state = meta.state();
  return changes;
}

}  // namespace indexer
