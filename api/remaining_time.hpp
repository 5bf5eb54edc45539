// Estimates how long work takes that is sampled as it goes on.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace api {

// How long the rest will take if it goes on as in the last 20 samples.
class RemainingTime {
 public:
  void sample(std::int64_t done) {
    samples_.emplace_back(std::chrono::steady_clock::now(), done);
    if (samples_.size() > kSamples) samples_.pop_front();
  }
  [[nodiscard]] std::optional<std::int64_t> seconds(std::int64_t rest) const {
    if (samples_.size() < 2 || rest < 0) return std::nullopt;
    const auto& [first_time, first] = samples_.front();
    const auto& [last_time, last] = samples_.back();
    if (last <= first) return std::nullopt;
    const double elapsed = std::chrono::duration<double>(last_time - first_time).count();
    return static_cast<std::int64_t>(elapsed * static_cast<double>(rest) /
                                     static_cast<double>(last - first));
  }

 private:
  static constexpr std::size_t kSamples = 20;

  std::deque<std::pair<std::chrono::steady_clock::time_point, std::int64_t>> samples_;
};

}  // namespace api
