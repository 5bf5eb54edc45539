// The progress of a long piece of work, and how it is cancelled or slowed down. Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <stdexcept>

namespace indexer {

// For when work that has given way (see Progress) is to end: its threads get processor time as before, where the system
// allows it (CAP_SYS_NICE, or RLIMIT_NICE).
void stop_giving_way();

struct Cancelled : std::runtime_error {
  Cancelled() : std::runtime_error("cancelled") {}
};

struct Progress {
  std::atomic<std::int64_t> done{0}, of{0};  // of: 0 while it is not known
  std::atomic<bool> cancelled{false};
  // Of what is cancelled: what was done so far is to be kept.
  std::atomic<bool> goes_on_later{false};
  std::atomic<std::int64_t> rate{0};  // entries a second at most; 0: as many as can be
  // Bulk work of a server, which people who read must not notice.
  std::atomic<bool> is_bulk{false};

  // Throws Cancelled. Any thread.
  void check() const {
    if (cancelled) throw Cancelled();
  }
  // Called now and then by each thread that the work has for itself: the same, and gives way.
  void step() const {
    check();
    give_way();
  }
  // Of bulk work: a thread that has had the processor for a while gets from now on only time that nothing
  // else wants (SCHED_IDLE). Not at once: where other programs keep all processors busy, that is next to
  // none, and what is short should be done soon there, too. There is no way back, so bulk work begins on a
  // new thread.
  void give_way() const;
  // Called by the work before each entry, in place of `step`: waits as long as the rate requires.
  void pace();

 private:
  std::mutex mutex_;
  std::chrono::steady_clock::time_point next_{};  // when the next entry may begin
};

}  // namespace indexer
