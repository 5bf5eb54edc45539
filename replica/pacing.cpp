#include "replica/pacing.hpp"

#include <algorithm>

namespace replica {

using namespace std::chrono_literals;

namespace {

constexpr Pacing::Interval kBase = 20ms;
constexpr Pacing::Interval kMax = 25s;
// Answers of requests sent at about the same time say the same thing: one of them counts.
constexpr Pacing::Interval kWindow = 80ms;
// After a pause the interval is out of date: it shrinks by twice the time that went by.
constexpr Pacing::Interval kPause = 1s;
constexpr int kDecay = 2;
// An answer takes back a tenth of what a refusal adds: at a limit of so many requests a second, about one of ten is refused.
constexpr int kStepsDown = 50;

}  // namespace

Pacing::Clock::time_point Pacing::turn(Clock::time_point now) {
  const auto turn = std::max(now, next_);
  next_ = turn + interval_;
  return turn;
}

void Pacing::hold_back(Clock::time_point until) { next_ = std::max(next_, until); }

bool Pacing::is_too_soon(Clock::time_point now) const {
  return interval_ > 0ms && now - changed_ <= kWindow;
}

void Pacing::refused(Clock::time_point now) {
  if (is_too_soon(now)) return;
  interval_ = std::min(std::max(interval_, kBase) * 6 / 5, kMax);
  changed_ = now;
}

void Pacing::answered(Clock::time_point now) {
  if (interval_ == 0ms || is_too_soon(now)) return;
  const auto gone = std::chrono::duration_cast<Interval>(now - changed_);
  if (gone > kPause) interval_ = std::max(interval_ - kDecay * gone, 0ms);
  const Interval less = interval_ - std::max(interval_ / kStepsDown, 1ms);
  interval_ = less < kBase ? 0ms : less;
  changed_ = now;
}

}  // namespace replica
