#include "replica/schedule.hpp"

#include <algorithm>

namespace replica {
namespace {

constexpr std::chrono::milliseconds kFirstPause{500};
constexpr std::chrono::milliseconds kLongestPause{120'000};
constexpr std::chrono::seconds kLongestRetryAfter{3'600};

}  // namespace

Schedule::Slot& Schedule::slot(Id id) {
  if (id >= slots_.size()) slots_.resize(id + std::size_t{1});
  return slots_[id];
}

void Schedule::set(Id id, Slot& slot, Time when) {
  if (slot.is_due && !slot.is_taken) queue_.erase({slot.due, id});
  slot.due = when;
  slot.is_due = true;
  if (!slot.is_taken) queue_.emplace(when, id);
}

void Schedule::due(Id id, Time when) {
  Slot& found = slot(id);
  when = std::max(when, found.not_before);
  if (!found.is_due || when < found.due) set(id, found, when);
}

void Schedule::put_off(Id id, Time until) {
  Slot& found = slot(id);
  found.not_before = until;
  if (found.is_due && found.due < until) set(id, found, until);
}

void Schedule::urge(Id id, Time now) {
  Slot& found = slot(id);
  found.not_before = found.taken == Time{} ? Time{} : found.taken + gap_;
  due(id, now);
}

void Schedule::forget(Id id) {
  Slot& found = slot(id);
  if (found.is_due && !found.is_taken) queue_.erase({found.due, id});
  found.is_due = false;
}

std::optional<Schedule::Id> Schedule::take(Time now) {
  if (queue_.empty() || queue_.begin()->first > now) return std::nullopt;
  const Id id = queue_.begin()->second;
  (void)seize(id, now);
  return id;
}

bool Schedule::seize(Id id, Time now) {
  Slot& found = slot(id);
  if (found.is_taken) return false;
  forget(id);
  found.is_taken = true;
  found.taken = now;
  found.not_before = now + gap_;
  return true;
}

void Schedule::done(Id id) {
  Slot& found = slot(id);
  found.is_taken = false;
  if (found.is_due) queue_.emplace(found.due, id);
}

std::optional<Schedule::Time> Schedule::next() const {
  return queue_.empty() ? std::nullopt : std::optional(queue_.begin()->first);
}

bool Schedule::is_due(Id id) const { return id < slots_.size() && slots_[id].is_due; }

bool Schedule::is_taken(Id id) const { return id < slots_.size() && slots_[id].is_taken; }

std::chrono::milliseconds jittered(std::chrono::milliseconds interval, std::minstd_rand& random) {
  std::uniform_real_distribution<double> factor(0.75, 1.25);
  return std::chrono::duration_cast<std::chrono::milliseconds>(interval * factor(random));
}

std::chrono::milliseconds backoff_pause(unsigned failures,
                                        std::optional<std::chrono::seconds> retry_after,
                                        std::minstd_rand& random) {
  constexpr unsigned kMostDoublings = 10;
  const auto doublings = std::min(failures > 0 ? failures - 1 : 0, kMostDoublings);
  const auto pause = std::min(kFirstPause * (1 << doublings), kLongestPause);
  std::uniform_real_distribution<double> factor(0.5, 1.0);
  const auto own = std::chrono::duration_cast<std::chrono::milliseconds>(pause * factor(random));
  const std::chrono::milliseconds wished =
      std::min(retry_after.value_or(std::chrono::seconds(0)), kLongestRetryAfter);
  return std::max(own, wished);
}

}  // namespace replica
