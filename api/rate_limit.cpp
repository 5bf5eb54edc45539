#include "api/rate_limit.hpp"

#include <algorithm>

namespace api {
namespace {

// At this size full buckets are dropped: they equal new ones.
constexpr std::size_t kMostBuckets = 16'384;

double seconds(RateLimit::Clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

RateLimit::Clock::duration RateLimit::take(std::string_view name, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (buckets_.size() >= kMostBuckets) forget_full(now);
  const auto [found, is_new] = buckets_.try_emplace(std::string(name), Bucket{burst_, now});
  Bucket& bucket = found->second;
  bucket.level = std::min(burst_, bucket.level + seconds(now - bucket.at) * per_second_);
  bucket.at = now;
  if (bucket.level < 1) {
    return std::chrono::ceil<Clock::duration>(
        std::chrono::duration<double>((1 - bucket.level) / per_second_));
  }
  bucket.level -= 1;
  return Clock::duration::zero();
}

// If none is full, all are dropped: bounded memory matters more than fairness to so many clients.
void RateLimit::forget_full(Clock::time_point now) {
  const auto before = buckets_.size();
  std::erase_if(buckets_, [&](const auto& each) {
    return each.second.level + seconds(now - each.second.at) * per_second_ >= burst_;
  });
  if (buckets_.size() == before) buckets_.clear();
}

}  // namespace api
