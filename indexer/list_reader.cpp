#include "indexer/list_reader.hpp"

#include <algorithm>

#include "indexer/sort_keys.hpp"

namespace indexer {
namespace {

// Relative costs of a message: to sort it takes its entry and its sort keys (2), to test it against
// the filter its entry (1); eight rows of the driving view are skipped for the cost of one.
constexpr std::int64_t kSortCost = 2, kTestCost = 1, kRowsSkippedPerCost = 8;

// The first `count` rows in an order of keys, of many that come in any.
class FirstRows {
 public:
  FirstRows(bool ascending, std::size_t count) : order_{ascending}, count_(count) {}

  void offer(std::string key, std::int64_t entry) {
    if (count_ == 0) return;
    if (rows_.size() == count_ && !order_.comes_first(key, rows_.front().key)) return;
    if (rows_.size() == count_) {
      std::pop_heap(rows_.begin(), rows_.end(), order_);
      rows_.pop_back();
    }
    rows_.push_back({std::move(key), entry});
    std::push_heap(rows_.begin(), rows_.end(), order_);
  }
  [[nodiscard]] std::vector<ListReader::Row> take() {
    std::sort_heap(rows_.begin(), rows_.end(), order_);
    return std::move(rows_);
  }

 private:
  struct Order {
    bool ascending;
    [[nodiscard]] bool comes_first(const std::string& a, const std::string& b) const {
      return ascending ? a < b : b < a;
    }
    bool operator()(const ListReader::Row& a, const ListReader::Row& b) const {
      return comes_first(a.key, b.key);
    }
  };

  Order order_;
  std::size_t count_;
  std::vector<ListReader::Row> rows_;  // a heap, the last on top
};

}  // namespace

ListReader::ListReader(Reader& reader, const ListQuery& query, bool ordered)
    : ListReader(reader, query) {
  selection_ = Selection::of(reader, query.filter);
  choose_plan(ordered);
}

ListReader ListReader::files(Reader& reader, const ListQuery& query, bool ordered) {
  ListReader list(reader, query);
  list.selection_ = Selection::all_files(reader);
  list.choose_plan(ordered);
  return list;
}

void ListReader::choose_plan(bool ordered) {
  if (selection_.is_empty()) return;
  if (query_.threads && ordered && selection_.is_whole_driver())
    newest_ = by_thread(selection_.driver().view);
  if (query_.sort != Sort::kReceived) return choose_plan_by_key(ordered);
  if (newest_ == 0) return;
  plan_ = Plan::kSorted;
  list_ = newest_;
}

void ListReader::choose_plan_by_key(bool ordered) {
  plan_ = Plan::kSortedOnRead;
  if (!ordered) return;
  const auto& base = selection_.base();
  const auto& driver = selection_.driver();
  list_ = sorted_view(base.view, query_.sort);
  if (selection_.is_whole_driver() && driver.view == base.view && !query_.threads) {
    plan_ = Plan::kSorted;
    return;
  }
  const auto members = std::max<std::int64_t>(size().count, 1);
  const auto tested = (static_cast<std::int64_t>(query_.limit) + 1) * base.total / members;
  const auto cost_of_sorting = members * kSortCost + driver.total / kRowsSkippedPerCost;
  if (tested * kTestCost < cost_of_sorting) plan_ = Plan::kSortedFiltered;
}

const Selection::Size& ListReader::size() {
  if (!size_) size_ = selection_.size(reader_, query_.threads);
  return *size_;
}

// Keys of dates are inverted: they ascend from the newest on.
bool ListReader::is_forward() const {
  return query_.sort == Sort::kReceived ? !query_.ascending : query_.ascending;
}

std::vector<ListReader::Row> ListReader::after(const std::optional<std::string>& key,
                                               std::size_t count) {
  const bool forward = is_forward();
  const std::string_view beginning = forward ? std::string_view() : last_key();
  return read(forward ? Direction::kForward : Direction::kBack,
              key ? std::string_view(*key) : beginning, count);
}

std::vector<ListReader::Row> ListReader::before(const std::string& key, std::size_t count) {
  return read(is_forward() ? Direction::kBack : Direction::kForward, key, count);
}

std::vector<ListReader::Row> ListReader::read(Direction direction, std::string_view from,
                                              std::size_t count) {
  if (selection_.is_empty()) return {};
  switch (plan_) {
    case Plan::kListing:
      return walk(Walk::listing(reader_, selection_.driver().view, direction, from), count);
    case Plan::kSorted:
    case Plan::kSortedFiltered:
      return walk(Walk::sorted(reader_, list_, direction, from), count);
    case Plan::kSortedOnRead:
      return read_sorted(direction, from, count);
  }
  return {};
}

std::vector<ListReader::Row> ListReader::walk(Walk walk, std::size_t count) {
  std::vector<Row> rows;
  while (rows.size() < count && walk.next()) {
    if (plan_ == Plan::kListing && !holds(walk.message())) continue;
    if (plan_ == Plan::kSortedFiltered && !passes_filter(walk.entry())) continue;
    rows.push_back({std::string(walk.key()), walk.entry()});
  }
  return rows;
}

std::vector<ListReader::Row> ListReader::read_sorted(Direction direction, std::string_view from,
                                                     std::size_t count) {
  const bool forward = direction == Direction::kForward;
  FirstRows first(forward, count);
  auto members = newest_ != 0
                     ? Walk::sorted(reader_, newest_, Direction::kForward, {})
                     : Walk::listing(reader_, selection_.driver().view, Direction::kForward, {});
  while (members.next()) {
    if (newest_ == 0 && !holds(members.message())) continue;
    auto key = key_of(members.entry(), place_of(members.key()));
    if (forward ? key > from : key < from) first.offer(std::move(key), members.entry());
  }
  return first.take();
}

bool ListReader::holds(const ListedMessage& message) {
  return selection_.holds(reader_, message) &&
         (!query_.threads || represents_thread(message.entry));
}

bool ListReader::passes_filter(std::int64_t entry) {
  std::string place;
  std::int64_t flags = 0;
  if (Rows rows(reader_.list_entry, entry); rows.next()) {
    flags = rows.integer(2);
    if (!selection_.condition().admits(flags)) return false;
    place = place_key({rows.integer(0), std::string(rows.text(1))});
  }
  if (newest_ != 0) return Rows(reader_.is_sorted, newest_, as_blob(place)).next();
  const auto& keyword = selection_.condition().keyword();  // `list_` is of the mailbox
  return (!keyword || MessageCondition::is_in(reader_, keyword->view, {place, entry, flags})) &&
         (!query_.threads || represents_thread(entry));
}

// The newest message of a thread that the filter admits is looked for once.
bool ListReader::represents_thread(std::int64_t entry) {
  std::int64_t thread = 0;
  if (Rows rows(reader_.list_entry, entry); rows.next()) thread = rows.integer(3);
  const auto [known, is_new] = newest_by_thread_.try_emplace(thread, 0);
  if (!is_new) return known->second == entry;
  for (Rows rows(reader_.thread_newest_first, thread); rows.next();) {
    if (!selection_.condition().admits(rows.integer(2))) continue;
    const auto place = place_key({rows.integer(0), std::string(rows.text(1))});
    if (!selection_.condition().admits(reader_, {place, rows.integer(3), rows.integer(2)}))
      continue;
    known->second = rows.integer(3);
    break;
  }
  return known->second == entry;
}

std::optional<ListReader::Row> ListReader::find(std::int64_t entry) {
  if (selection_.is_empty()) return {};
  OrderKey place;
  std::int64_t flags = 0;
  if (Rows rows(reader_.list_entry, entry); rows.next()) {
    place = {rows.integer(0), std::string(rows.text(1))};
    flags = rows.integer(2);
  }
  const auto key = place_key(place);
  if (!selection_.condition().admits(reader_, {key, entry, flags})) return {};
  if (query_.threads && !represents_thread(entry)) return {};
  return Row{key_of(entry, place), entry};
}

std::string ListReader::key_of(std::int64_t entry, const OrderKey& place) {
  if (query_.sort == Sort::kReceived) return place_key(place);
  Rows rows(reader_.sort_keys_of, entry);
  if (!rows.next()) return {};
  const auto keys = unpack_texts(rows.blob(0));
  return sorted_key(keys.at(static_cast<std::size_t>(query_.sort) - 1), place);
}

}  // namespace indexer
