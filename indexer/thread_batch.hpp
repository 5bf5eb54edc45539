// The changes that one transaction makes to threads. A thread is a connected component: messages that share a key belong
// together. A message that comes joins the threads of its keys, the smaller ones moving into the largest; when one goes
// that held others together, its thread is taken apart anew, once for the whole batch.
//
// The entry of a message must be in the table, with the thread it was given, before `flush`; one that left must be gone
// or elsewhere by then.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "indexer/view_batch.hpp"

namespace indexer {

class ThreadBatch {
 public:
  ThreadBatch(Writer& writer, ViewBatch& views) : writer_(writer), views_(views) {}

  // The thread that a message with these keys belongs to. Joins threads, creates one.
  [[nodiscard]] std::int64_t join(const std::vector<std::int64_t>& keys);
  // Counts the message, `views` being all that it is listed in.
  void add(std::int64_t thread, const OrderKey& place, const std::vector<std::int64_t>& views);
  // Ends what `join` began: the keys are no longer used by that message.
  void leave(std::int64_t thread, const std::vector<std::int64_t>& keys);
  // Undoes `add`.
  void remove(std::int64_t thread, const OrderKey& place, const std::vector<std::int64_t>& views);
  void flush();

 private:
  struct Key {
    std::int64_t thread = 0;
    std::int64_t uses = 0;
  };
  struct Thread {
    OrderKey earliest;
    std::int64_t count = 0;
    std::vector<std::pair<std::int64_t, std::int64_t>> views;  // view, messages of the thread in it
    bool earliest_is_stale = false;
    bool may_have_split = false;
  };
  struct Member {
    std::int64_t entry;
    std::vector<std::int64_t> keys, views;
  };

  Key& key(std::int64_t value);
  Thread& thread(std::int64_t number);
  std::int64_t new_thread();
  void merge(std::int64_t from, std::int64_t into);
  void split(std::int64_t number);
  [[nodiscard]] std::vector<Member> members(std::int64_t thread);
  void count(Thread& thread, std::int64_t view, std::int64_t delta);
  void write(std::int64_t number, Thread& thread);

  Writer& writer_;
  ViewBatch& views_;
  std::unordered_map<std::int64_t, Key> keys_;
  std::unordered_map<std::int64_t, Thread> threads_;
  std::int64_t last_thread_ = -1;
};

}  // namespace indexer
