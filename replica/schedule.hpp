// Decides which database is worked on next: each has at most one time at which it is due. Has no clock and does no I/O: the caller
// passes the time. A database that is not due takes a few bytes.
//
// A database is identified by its index among those of its source. One that is being worked on is not taken again before `done`;
// if it becomes due meanwhile, that is kept. Not safe for several threads at once.
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

  // `gap`: the least time between the starts of two turns of one database.
  explicit Schedule(Clock::duration gap) : gap_(gap) {}

  // Makes it due at `when` at the latest, but not before what `put_off` and the gap allow.
  void due(Id id, Time when);
  // Not due before `until`, except by `urge`.
  void put_off(Id id, Time until);
  // Makes it due as soon as the gap allows, and ends what `put_off` said: somebody waits for it.
  void urge(Id id, Time now);
  // Not due any more. One that is being worked on still needs its `done`.
  void forget(Id id);

  // Starts the turn of the database that has been due for longest; nothing when none is due.
  [[nodiscard]] std::optional<Id> take(Time now);
  // Starts the turn of this database, due or not. False when it is being worked on already.
  [[nodiscard]] bool seize(Id id, Time now);
  // Ends its turn.
  void done(Id id);

  // When `take` will return something next; nothing when no database is due, apart from those being worked on.
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

// `interval`, up to a quarter shorter or longer at random, so that databases that were polled together do not stay together.
[[nodiscard]] std::chrono::milliseconds jittered(std::chrono::milliseconds interval,
                                                 std::minstd_rand& random);

// The pause before attempt `failures` + 1: growing up to two minutes, with jitter so that many do not come back at once.
// `retry_after`, the server's own wish, is kept even when it is longer, an hour at most.
[[nodiscard]] std::chrono::milliseconds backoff_pause(
    unsigned failures, std::optional<std::chrono::seconds> retry_after, std::minstd_rand& random);

}  // namespace replica
