// Token buckets by name: each holds a burst, and fills again at a steady rate. Any thread.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace api {

class RateLimit {
 public:
  using Clock = std::chrono::steady_clock;

  RateLimit(double per_second, double burst) : per_second_(per_second), burst_(burst) {}

  // Takes one from the bucket. Zero when there was one, else how long it takes until there is.
  [[nodiscard]] Clock::duration take(std::string_view name, Clock::time_point now);

 private:
  struct Bucket {
    double level = 0;
    Clock::time_point at{};
  };
  void forget_full(Clock::time_point now);

  const double per_second_;
  const double burst_;
  std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace api
