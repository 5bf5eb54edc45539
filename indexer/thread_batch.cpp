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
  if (is_new) load(found->second, number);
  return found->second;
}

void ThreadBatch::load(Thread& thread, std::int64_t number) {
  {
    Rows rows(writer_.find_thread, number);
    if (!rows.next()) return;
    thread.stored_id = thread.shown_id = rows.text(0);
    thread.earliest = {rows.integer(1), thread.stored_id};
    thread.count = rows.integer(2);
    const auto packed = unpack_integers(rows.blob(3));
    for (std::size_t i = 0; i + 2 < packed.size(); i += 3)
      thread.parts.push_back({packed[i], packed[i + 1], packed[i + 2], {}, false});
    thread.participants = rows.text(4);
  }
  std::int64_t last = 0;  // often the same message is the newest in all views
  OrderKey place;
  for (auto& part : thread.parts) {
    if (part.entry != last) {
      Rows rows(writer_.place_of_entry, part.entry);
      if (rows.next()) place = {rows.integer(0), std::string(rows.text(1))};
      last = part.entry;
    }
    part.place = place;
  }
  thread.stored = thread.parts;
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

std::string ThreadBatch::id_with(std::int64_t number, const OrderKey& place) {
  auto& joined = thread(number);
  const bool is_earliest = joined.count == 0 || comes_before(joined.earliest, place);
  const auto& id = is_earliest ? place.id : joined.earliest.id;
  joined.shown_ids_differ =
      joined.shown_ids_differ || (!joined.shown_id.empty() && joined.shown_id != id);
  joined.shown_id = id;
  return id;
}

void ThreadBatch::add(std::int64_t number, const Message& message) {
  auto& joined = thread(number);
  if (joined.count == 0 || comes_before(joined.earliest, message.place))
    joined.earliest = message.place;
  ++joined.count;
  joined.names_are_stale = true;
  for (const auto view : message.views)
    count(joined, view, {view, 1, message.entry, message.place, false});
}

void ThreadBatch::leave(std::int64_t number, const std::vector<std::int64_t>& keys) {
  std::size_t shared = 0;
  for (const auto value : keys) {
    auto& used = key(value);
    if (--used.uses > 0) ++shared;
  }
  // With one shared key at most, the message connected no others.
  if (shared > 1) thread(number).may_have_split = true;
}

void ThreadBatch::remove(std::int64_t number, const Message& message) {
  auto& left = thread(number);
  --left.count;
  left.names_are_stale = true;
  if (left.earliest == message.place) left.earliest_is_stale = true;
  for (const auto view : message.views) uncount(left, view, message.place);
}

void ThreadBatch::count(Thread& thread, std::int64_t view, const Part& part) {
  const auto found = std::find_if(thread.parts.begin(), thread.parts.end(),
                                  [&](const Part& each) { return each.view == view; });
  if (found == thread.parts.end()) {
    thread.parts.push_back(part);
    return;
  }
  found->count += part.count;
  found->is_stale = found->is_stale || part.is_stale;
  if (comes_before(part.place, found->place)) {
    found->place = part.place;
    found->entry = part.entry;
  }
}

void ThreadBatch::uncount(Thread& thread, std::int64_t view, const OrderKey& place) {
  const auto found = std::find_if(thread.parts.begin(), thread.parts.end(),
                                  [&](const Part& each) { return each.view == view; });
  if (found == thread.parts.end()) return;
  if (found->place == place) found->is_stale = true;
  if (--found->count == 0) thread.parts.erase(found);
}

std::vector<ThreadBatch::Member> ThreadBatch::members(std::int64_t number) {
  std::vector<Member> members;
  for (Rows rows(writer_.members_of_thread, number); rows.next();) {
    members.push_back({rows.integer(0),
                       unpack_integers(rows.blob(1)),
                       unpack_integers(rows.blob(2)),
                       {rows.integer(3), std::string(rows.text(4))},
                       rows.integer(5)});
  }
  return members;
}

void ThreadBatch::move(const Member& member, std::int64_t from, std::int64_t into) {
  log_.changed(member.place.id, {member.flags, from, member.place.date, member.views});
  writer_.move_entry.bind(into, member.entry).run();
  for (const auto value : member.keys) key(value).thread = into;
}

void ThreadBatch::merge(std::int64_t from, std::int64_t into) {
  for (const auto& member : members(from)) move(member, from, into);
  // References into the map stay valid: it is node based.
  auto& source = thread(from);
  auto& target = thread(into);
  for (const auto& part : source.parts) count(target, part.view, part);
  target.earliest_is_stale = target.earliest_is_stale || source.earliest_is_stale;
  if (source.count > 0 && comes_before(target.earliest, source.earliest))
    target.earliest = source.earliest;
  target.count += source.count;
  target.may_have_split = target.may_have_split || source.may_have_split;
  target.names_are_stale = target.shown_ids_differ = true;
  source.parts.clear();
  source.count = 0;
  source.may_have_split = false;
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
    move(all[i], number, found->second);
    auto& source = thread(number);
    auto& target = thread(found->second);
    for (const auto view : all[i].views) {
      uncount(source, view, all[i].place);
      count(target, view, {view, 1, all[i].entry, all[i].place, false});
    }
    --source.count;
    ++target.count;
    source.earliest_is_stale = target.earliest_is_stale = true;
    source.names_are_stale = target.names_are_stale = true;
    target.shown_ids_differ = true;
  }
}

}  // namespace indexer
