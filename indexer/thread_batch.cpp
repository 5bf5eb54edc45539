#include "indexer/thread_batch.hpp"

#include <algorithm>
#include <numeric>

namespace indexer {
namespace {

std::size_t root_of(std::vector<std::size_t>& parents, std::size_t member) {
  while (parents[member] != member) member = parents[member] = parents[parents[member]];
  return member;
}

}  // namespace

ThreadBatch::Key& ThreadBatch::key(std::int64_t value) {
  const auto [found, is_new] = keys_.try_emplace(value);
  if (is_new) {
    Rows rows(writer_.find_key, value);
    if (rows.next()) found->second = {rows.integer(0), rows.integer(1)};
  }
  return found->second;
}

ThreadBatch::Thread& ThreadBatch::thread(std::int64_t number) {
  const auto [found, is_new] = threads_.try_emplace(number);
  if (is_new) {
    Rows rows(writer_.find_thread, number);
    if (rows.next()) {
      auto& thread = found->second;
      thread.earliest = {rows.integer(1), std::string(rows.text(0))};
      thread.count = rows.integer(2);
      const auto packed = unpack_integers(rows.blob(3));
      for (std::size_t i = 0; i + 1 < packed.size(); i += 2)
        thread.views.emplace_back(packed[i], packed[i + 1]);
    }
  }
  return found->second;
}

std::int64_t ThreadBatch::new_thread() {
  if (last_thread_ < 0) {
    Rows rows(writer_.last_thread);
    last_thread_ = rows.next() ? rows.integer(0) : 0;
  }
  threads_[++last_thread_] = {};
  return last_thread_;
}

std::int64_t ThreadBatch::join(const std::vector<std::int64_t>& keys) {
  std::vector<std::int64_t> joined;
  for (const auto value : keys) {
    const auto& known = key(value);
    if (known.uses > 0 && std::find(joined.begin(), joined.end(), known.thread) == joined.end()) {
      joined.push_back(known.thread);
    }
  }
  std::int64_t largest = 0;
  for (const auto number : joined) {
    if (largest == 0 || thread(number).count > thread(largest).count) largest = number;
  }
  if (largest == 0) largest = new_thread();
  for (const auto number : joined) {
    if (number != largest) merge(number, largest);
  }
  for (const auto value : keys) {
    auto& used = key(value);
    used.thread = largest;
    ++used.uses;
  }
  return largest;
}

void ThreadBatch::add(std::int64_t number, const OrderKey& place,
                      const std::vector<std::int64_t>& views) {
  auto& joined = thread(number);
  if (joined.count == 0 || comes_before(joined.earliest, place)) {
    joined.earliest = place;
  }
  ++joined.count;
  for (const auto view : views) count(joined, view, 1);
}

void ThreadBatch::leave(std::int64_t number, const std::vector<std::int64_t>& keys) {
  std::size_t shared = 0;
  for (const auto value : keys) {
    auto& used = key(value);
    if (--used.uses > 0) ++shared;
  }
  // Who shares a single key with the others holds nothing together.
  if (shared > 1) thread(number).may_have_split = true;
}

void ThreadBatch::remove(std::int64_t number, const OrderKey& place,
                         const std::vector<std::int64_t>& views) {
  auto& left = thread(number);
  --left.count;
  if (left.earliest == place) left.earliest_is_stale = true;
  for (const auto view : views) count(left, view, -1);
}

void ThreadBatch::count(Thread& thread, std::int64_t view, std::int64_t delta) {
  if (!counts_threads(view) || delta == 0) return;
  auto found = std::find_if(thread.views.begin(), thread.views.end(),
                            [&](const auto& seen) { return seen.first == view; });
  if (found == thread.views.end()) {
    thread.views.emplace_back(view, 0);
    found = thread.views.end() - 1;
  }
  if (found->second == 0) views_.count_threads(view, 1);
  found->second += delta;
  if (found->second == 0) {
    views_.count_threads(view, -1);
    thread.views.erase(found);
  }
}

std::vector<ThreadBatch::Member> ThreadBatch::members(std::int64_t number) {
  std::vector<Member> members;
  for (Rows rows(writer_.members_of_thread, number); rows.next();) {
    members.push_back(
        {rows.integer(0), unpack_integers(rows.blob(1)), unpack_integers(rows.blob(2))});
  }
  return members;
}

void ThreadBatch::merge(std::int64_t from, std::int64_t into) {
  for (const auto& member : members(from)) {
    writer_.move_entry.bind(into, member.entry).run();
    for (const auto value : member.keys) key(value).thread = into;
  }
  // References into the map stay valid: it is node based.
  auto& source = thread(from);
  auto& target = thread(into);
  for (const auto& [view, messages] : std::vector(source.views)) {
    count(source, view, -messages);
    count(target, view, messages);
  }
  target.earliest_is_stale = target.earliest_is_stale || source.earliest_is_stale;
  if (source.count > 0 && comes_before(target.earliest, source.earliest))
    target.earliest = source.earliest;
  target.count += source.count;
  target.may_have_split = target.may_have_split || source.may_have_split;
  source = {};
}

// The largest component keeps the number.
void ThreadBatch::split(std::int64_t number) {
  const auto all = members(number);
  std::vector<std::size_t> parents(all.size());
  std::iota(parents.begin(), parents.end(), std::size_t{0});
  std::unordered_map<std::int64_t, std::size_t> owner_of_key;
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const auto value : all[i].keys) {
      const auto [owner, is_new] = owner_of_key.try_emplace(value, i);
      if (!is_new) parents[root_of(parents, i)] = root_of(parents, owner->second);
    }
  }
  std::unordered_map<std::size_t, std::size_t> sizes;
  for (std::size_t i = 0; i < all.size(); ++i) ++sizes[root_of(parents, i)];
  const auto largest = std::max_element(
      sizes.begin(), sizes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  std::unordered_map<std::size_t, std::int64_t> numbers;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto root = root_of(parents, i);
    if (root == largest->first) continue;
    const auto [found, is_new] = numbers.try_emplace(root, 0);
    if (is_new) found->second = new_thread();
    writer_.move_entry.bind(found->second, all[i].entry).run();
    for (const auto value : all[i].keys) key(value).thread = found->second;
    auto& source = thread(number);
    auto& target = thread(found->second);
    for (const auto view : all[i].views) {
      count(source, view, -1);
      count(target, view, 1);
    }
    --source.count;
    ++target.count;
    source.earliest_is_stale = target.earliest_is_stale = true;
  }
}

void ThreadBatch::write(std::int64_t number, Thread& thread) {
  if (thread.count == 0) {
    writer_.delete_thread.bind(number).run();
    return;
  }
  if (thread.earliest_is_stale) {
    Rows rows(writer_.earliest_of_thread, number);
    if (rows.next()) thread.earliest = {rows.integer(0), std::string(rows.text(1))};
  }
  std::int64_t unread = 0;
  std::vector<std::int64_t> packed;
  for (const auto& [view, messages] : thread.views) {
    if (view == kAllUnread) unread = messages;
    packed.push_back(view);
    packed.push_back(messages);
  }
  const auto views = pack(packed);
  writer_.put_thread
      .bind(number, thread.earliest.id, thread.earliest.date, thread.count, unread, as_blob(views))
      .run();
}

void ThreadBatch::flush() {
  std::vector<std::int64_t> to_split;
  for (const auto& [number, thread] : threads_) {
    if (thread.may_have_split && thread.count > 1) to_split.push_back(number);
  }
  for (const auto number : to_split) split(number);

  std::vector<std::int64_t> numbers;
  for (const auto& touched : threads_) numbers.push_back(touched.first);
  std::sort(numbers.begin(), numbers.end());
  for (const auto number : numbers) write(number, threads_[number]);

  std::vector<std::int64_t> keys;
  for (const auto& touched : keys_) keys.push_back(touched.first);
  std::sort(keys.begin(), keys.end());
  for (const auto value : keys) {
    const auto& key = keys_[value];
    if (key.uses > 0) {
      writer_.put_key.bind(value, key.thread, key.uses).run();
    } else {
      writer_.delete_key.bind(value).run();
    }
  }
  threads_.clear();
  keys_.clear();
  last_thread_ = -1;
}

}  // namespace indexer
