#include "indexer/progress.hpp"

#include <algorithm>
#include <ctime>
#include <sched.h>
#include <thread>

namespace indexer {
namespace {

constexpr std::chrono::milliseconds kLongestWait{100};  // until it is asked again whether to stop
constexpr std::chrono::milliseconds kShortWork{250};  // of a thread, by its processor time

std::chrono::nanoseconds thread_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

void Progress::give_way() const {
  thread_local bool has_given_way = false;
  if (!is_bulk || has_given_way || thread_time() < kShortWork) return;
  const sched_param none{};
  sched_setscheduler(0, SCHED_IDLE, &none);  // refused: then it goes on as it was
  has_given_way = true;
}

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
