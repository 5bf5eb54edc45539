// How fast requests may follow one another, learnt from the answers 429: the rate decreases by a fifth at once and increases
// slowly. CouchDB's own replicator (couch_replicator_rate_limiter) does the same, but forgives more quickly: where a limit lasts,
// most of its requests are refused. A server that never refuses is never waited for.
#pragma once

#include <chrono>

namespace replica {

class Pacing {
 public:
  using Clock = std::chrono::steady_clock;
  using Interval = std::chrono::milliseconds;

  // When a request that is ready `now` may be sent. Reserves that time: the next request follows an interval later.
  [[nodiscard]] Clock::time_point turn(Clock::time_point now);
  void refused(Clock::time_point now);  // 429
  void answered(Clock::time_point now);  // anything else
  // No request is sent before `until`.
  void hold_back(Clock::time_point until);
  [[nodiscard]] Interval interval() const { return interval_; }

 private:
  [[nodiscard]] bool is_too_soon(Clock::time_point now) const;

  Interval interval_{0};
  Clock::time_point changed_;  // when `interval_` did
  Clock::time_point next_;  // turn
};

}  // namespace replica
