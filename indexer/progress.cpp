#include "indexer/progress.hpp"

#include <algorithm>
#include <thread>

namespace indexer {
namespace {

constexpr std::chrono::milliseconds kLongestWait{100};  // until it is asked again whether to stop

}  // namespace

void Progress::pace() {
  check();
  const auto limit = rate.load();
  if (limit <= 0) return;
  using Clock = std::chrono::steady_clock;
  Clock::time_point turn;
  {
    const std::lock_guard lock(mutex_);
    turn = std::max(next_, Clock::now());
    next_ = turn + Clock::duration(std::chrono::seconds(1)) / limit;
  }
  for (auto now = Clock::now(); now < turn; now = Clock::now()) {
    std::this_thread::sleep_for(std::min<Clock::duration>(turn - now, kLongestWait));
    check();
  }
}

}  // namespace indexer
