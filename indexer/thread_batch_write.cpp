// Writes the threads that a transaction changed into the tables.
#include <algorithm>

#include "indexer/thread_batch.hpp"
#include "mail/json_writer.hpp"

namespace indexer {
namespace {

constexpr std::size_t kMaxParticipants = 10;

template <typename Parts>
bool has_view(const Parts& parts, std::int64_t view) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](const auto& part) { return part.view == view; });
}

// Whether one of `parts` has the same newest message in the same view: then its row in `sorted`
// stays.
template <typename Parts, typename Part>
bool has_same_newest(const Parts& parts, const Part& part) {
  return std::any_of(parts.begin(), parts.end(), [&](const auto& other) {
    return other.view == part.view && other.entry == part.entry && other.place == part.place;
  });
}

// Only mailboxes have a count of unread threads.
bool counts_unread_threads(std::int64_t view) { return has_sorts(view) && view != kAllMail; }

}  // namespace

std::string render_participants(const std::function<bool(std::string_view& sender)>& senders) {
  std::string json;
  mail::JsonWriter writer(json);
  writer.begin_array();
  std::vector<std::string> names;
  for (std::string_view name; names.size() < kMaxParticipants && senders(name);) {
    if (name.empty() || std::find(names.begin(), names.end(), name) != names.end()) continue;
    names.emplace_back(name);
    writer.string(name);
  }
  writer.end_array();
  return json;
}

std::string ThreadBatch::participants_of(std::int64_t number) {
  Rows rows(writer_.senders_of_thread, number, kParticipantsFrom);
  return render_participants([&rows](std::string_view& sender) {
    if (!rows.next()) return false;
    sender = rows.text(0);
    return true;
  });
}

// One pass over the thread for all views whose newest message went.
void ThreadBatch::find_newest(std::int64_t number, Thread& thread) {
  std::vector<Part*> stale;
  for (auto& part : thread.parts) {
    if (part.is_stale) stale.push_back(&part);
  }
  if (stale.empty()) return;
  for (Rows rows(writer_.newest_of_thread, number); !stale.empty() && rows.next();) {
    const auto views = unpack_integers(rows.blob(1));
    std::erase_if(stale, [&](Part* part) {
      if (std::find(views.begin(), views.end(), part->view) == views.end()) return false;
      part->entry = rows.integer(0);
      part->place = {rows.integer(2), std::string(rows.text(3))};
      part->is_stale = false;
      return true;
    });
  }
}

void ThreadBatch::settle(std::int64_t number, Thread& thread) {
  if (thread.count == 0) return;
  if (thread.earliest_is_stale) {
    Rows rows(writer_.earliest_of_thread, number);
    if (rows.next()) thread.earliest = {rows.integer(0), std::string(rows.text(1))};
  }
  find_newest(number, thread);
  if (!thread.stored_id.empty() && thread.stored_id != thread.earliest.id) log_.renamed(number);
}

void ThreadBatch::remove_from_views(const Thread& thread) {
  const bool had_unread = has_view(thread.stored, kUnreadOutsideTrash);
  for (const auto& part : thread.stored) {
    views_.count_threads(part.view, -1);
    if (had_unread && counts_unread_threads(part.view)) views_.count_unread_threads(part.view, -1);
    if (!has_same_newest(thread.parts, part)) views_.remove_newest(part.view, part.place);
  }
}

void ThreadBatch::add_to_views(const Thread& thread) {
  const bool has_unread = has_view(thread.parts, kUnreadOutsideTrash);
  for (const auto& part : thread.parts) {
    views_.count_threads(part.view, 1);
    if (has_unread && counts_unread_threads(part.view)) views_.count_unread_threads(part.view, 1);
    if (!has_same_newest(thread.stored, part)) views_.add_newest(part.view, part.place, part.entry);
  }
}

void ThreadBatch::write(std::int64_t number, Thread& thread) {
  if (thread.count == 0) {
    writer_.delete_thread.bind(number).run();
    return;
  }
  if (thread.shown_ids_differ || thread.shown_id != thread.earliest.id)
    writer_.show_thread.bind(number, thread.earliest.id).run();
  std::optional<std::string> participants;
  if (ordered_) {
    participants =
        thread.names_are_stale ? participants_of(number) : std::move(thread.participants);
  }
  std::int64_t unread = 0;
  std::vector<std::int64_t> packed;
  for (const auto& part : thread.parts) {
    if (part.view == kAllUnread) unread = part.count;
    packed.insert(packed.end(), {part.view, part.count, part.entry});
  }
  const auto views = pack(packed);
  writer_.put_thread
      .bind(number, thread.earliest.id, thread.earliest.date, thread.count, unread, as_blob(views),
            participants)
      .run();
}

void ThreadBatch::write_keys() {
  std::vector<std::int64_t> keys;
  keys.reserve(keys_.size());
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
}

void ThreadBatch::flush() {
  std::vector<std::int64_t> to_split;
  for (const auto& [number, thread] : threads_) {
    if (thread.may_have_split && thread.count > 1) to_split.push_back(number);
  }
  for (const auto number : to_split) split(number);

  std::vector<std::int64_t> numbers;
  numbers.reserve(threads_.size());
  for (const auto& touched : threads_) numbers.push_back(touched.first);
  std::sort(numbers.begin(), numbers.end());
  for (const auto number : numbers) settle(number, threads_[number]);
  // All rows are removed before any is added: a message may represent another thread than before,
  // with the same key.
  for (const auto number : numbers) remove_from_views(threads_[number]);
  for (const auto number : numbers) add_to_views(threads_[number]);
  for (const auto number : numbers) write(number, threads_[number]);
  write_keys();
  threads_.clear();
  keys_.clear();
  last_thread_ = -1;
}

}  // namespace indexer
