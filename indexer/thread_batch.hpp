// The changes that one transaction makes to threads. A thread is a connected component: messages
// that share a key belong together. A new message joins the threads of its keys: the smaller
// threads move into the largest. When a message goes that connected others, its thread is split
// again, once for the whole batch.
//
// `flush` reads the table of entries: by then a message that joined must be there with its thread,
// and one that left must be gone or have another thread. Until then, `leave` and `remove` are
// called before a changed entry is saved, `add` after it.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "indexer/change_log.hpp"
#include "indexer/view_batch.hpp"

namespace indexer {

class ThreadBatch {
 public:
  // `ordered` as of ViewBatch: whether participants are kept.
  ThreadBatch(Writer& writer, ViewBatch& views, ChangeLog& log, bool ordered)
      : writer_(writer), views_(views), log_(log), ordered_(ordered) {}

  // What threads need to know of a message.
  struct Message {
    std::int64_t entry = 0;
    OrderKey place;
    const std::vector<std::int64_t>& views;  // all that it is listed in
  };

  // The thread that a message with these keys belongs to. Joins threads, creates one.
  [[nodiscard]] std::int64_t join(const std::vector<std::int64_t>& keys);
  // The id that the thread will have with a message at that place, as far as is known now; the
  // message is saved with it. If that changes, `flush` corrects the members.
  [[nodiscard]] std::string id_with(std::int64_t thread, const OrderKey& place);
  void add(std::int64_t thread, const Message& message);
  // Undoes `join`: the message no longer uses these keys.
  void leave(std::int64_t thread, const std::vector<std::int64_t>& keys);
  // Undoes `add`.
  void remove(std::int64_t thread, const Message& message);
  // A sender of the thread changed.
  void rename_sender(std::int64_t thread_number) { thread(thread_number).names_are_stale = true; }
  void flush();

 private:
  struct Key {
    std::int64_t thread = 0;
    std::int64_t uses = 0;
  };
  // The part of a thread that is in one view.
  struct Part {
    std::int64_t view = 0;
    std::int64_t count = 0;
    std::int64_t entry = 0;  // of the newest message
    OrderKey place;  // of the newest message
    bool is_stale = false;  // the newest message was removed: another has to be found
  };
  struct Thread {
    OrderKey earliest;
    std::int64_t count = 0;
    std::vector<Part> parts;
    std::vector<Part> stored;  // as the table has them
    std::string stored_id;
    std::string shown_id;  // the thread id in the rows of its members
    bool shown_ids_differ = false;  // some rows have another
    std::string participants;
    bool earliest_is_stale = false;
    bool may_have_split = false;
    bool names_are_stale = false;
  };
  struct Member {
    std::int64_t entry;
    std::vector<std::int64_t> keys, views;
    OrderKey place;
    std::int64_t flags;
  };

  Key& key(std::int64_t value);
  Thread& thread(std::int64_t number);
  void load(Thread& thread, std::int64_t number);
  std::int64_t new_thread();
  void merge(std::int64_t from, std::int64_t into);
  void split(std::int64_t number);
  [[nodiscard]] std::vector<Member> members(std::int64_t thread);
  void move(const Member& member, std::int64_t from, std::int64_t into);
  static void count(Thread& thread, std::int64_t view, const Part& part);
  static void uncount(Thread& thread, std::int64_t view, const OrderKey& place);

  void settle(std::int64_t number, Thread& thread);
  void find_newest(std::int64_t number, Thread& thread);
  [[nodiscard]] std::string participants_of(std::int64_t number);
  void remove_from_views(const Thread& thread);
  void add_to_views(const Thread& thread);
  void write(std::int64_t number, Thread& thread);
  void write_keys();

  Writer& writer_;
  ViewBatch& views_;
  ChangeLog& log_;
  bool ordered_;
  std::unordered_map<std::int64_t, Key> keys_;
  std::unordered_map<std::int64_t, Thread> threads_;
  std::int64_t last_thread_ = -1;
};

// Names of a thread's senders, oldest message first, as a JSON array. `senders` gives them one by
// one, and false at the end.
inline constexpr int kParticipantsFrom = 100;  // messages that are looked at
[[nodiscard]] std::string render_participants(
    const std::function<bool(std::string_view& sender)>& senders);

}  // namespace indexer
