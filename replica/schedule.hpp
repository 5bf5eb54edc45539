// Which databases are due when, and which are being worked on. Pure: no clock and no I/O, the caller tells the time; what is
// not due costs a few bytes.
//
// A database is named by a small number, its place among its source's. It is due at one time at most. One that is being
// worked on is not taken again before its `done`: what falls due meanwhile is kept. Not safe for several threads at once.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace replica {

class Schedule {
 public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;
  using Id = std::uint32_t;

  // `gap` lies between two turns of one database at least.
  explicit Schedule(Clock::duration gap) : gap_(gap) {}

  // Due then at the latest; what is due sooner stays so. Not before what `put_off` and the gap allow.
  void due(Id id, Time when);
  // Not before `until`, whatever calls for it.
  void put_off(Id id, Time until);
  // Somebody waits for it: due as soon as the gap allows, whatever it was put off for.
  void urge(Id id, Time now);
  // Not due any more. One that is being worked on still has its `done` to come.
  void forget(Id id);

  // The one that has been due for longest; nothing when none is due.
  [[nodiscard]] std::optional<Id> take(Time now);
  // Takes one whether it is due or not, unless it is taken already: then false.
  [[nodiscard]] bool seize(Id id, Time now);
  void done(Id id);

  // When `take` will have something; nothing when nothing is due ever. Those being worked on do not count.
  [[nodiscard]] std::optional<Time> next() const;
  [[nodiscard]] bool is_due(Id id) const;  // sooner or later
  [[nodiscard]] bool is_taken(Id id) const;
  [[nodiscard]] std::size_t size() const { return queue_.size(); }

 private:
  struct Slot {
    Time due{};
    Time not_before{};
    Time taken{};
    bool is_due = false;
    bool is_taken = false;
  };
  [[nodiscard]] Slot& slot(Id id);
  void set(Id id, Slot& slot, Time when);

  Clock::duration gap_;
  std::vector<Slot> slots_;
  std::set<std::pair<Time, Id>> queue_;  // due, and not being worked on
};

// A point of the poll wheel: `interval` a quarter shorter or longer at random, so that what began together does not stay
// together.
[[nodiscard]] std::chrono::milliseconds jittered(std::chrono::milliseconds interval,
                                                 std::minstd_rand& random);

// The pause before attempt `failures` + 1: growing up to two minutes, with jitter so that many do not come back at once.
// `retry_after`, the server's own wish, is kept even when it is longer, an hour at most.
[[nodiscard]] std::chrono::milliseconds backoff_pause(
    unsigned failures, std::optional<std::chrono::seconds> retry_after, std::minstd_rand& random);

}  // namespace replica
