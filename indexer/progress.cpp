#include "indexer/progress.hpp"

#include <algorithm>
#include <ctime>
#include <optional>
#include <sched.h>
#include <set>
#include <thread>
#include <unistd.h>

namespace indexer {
namespace {

constexpr std::chrono::milliseconds kLongestWait{100};  // until it is asked again whether to stop
constexpr std::chrono::milliseconds kShortWork{100};  // of a thread, by its processor time

std::chrono::nanoseconds thread_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// Of the process, since a thread is raised by another that does not know its work.
std::mutex idle_mutex;
std::set<pid_t> idle_threads;

// A thread that has given way, until its end.
struct IdleThread {
  IdleThread() {
    const std::lock_guard lock(idle_mutex);
    set_policy(id, SCHED_IDLE);
    idle_threads.insert(id);
  }
  IdleThread(const IdleThread&) = delete;
  IdleThread& operator=(const IdleThread&) = delete;
  ~IdleThread() {
    const std::lock_guard lock(idle_mutex);
    idle_threads.erase(id);
  }
  // Where it is refused, the thread goes on as it was.
  static void set_policy(pid_t thread, int policy) {
    const sched_param none{};
    sched_setscheduler(thread, policy, &none);
  }

  const pid_t id = gettid();
};

}  // namespace

void stop_giving_way() {
  const std::lock_guard lock(idle_mutex);
  for (const pid_t thread : idle_threads) IdleThread::set_policy(thread, SCHED_OTHER);
}

void Progress::give_way() const {
  thread_local std::optional<IdleThread> idle;
  if (!is_bulk || idle || cancelled) return;
  // One that a thread at SCHED_IDLE has started is there from its beginning.
  if (thread_time() < kShortWork && sched_getscheduler(0) != SCHED_IDLE) return;
  idle.emplace();
  if (cancelled) stop_giving_way();  // it was told to end meanwhile
}

void Progress::pace() {
  step();
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
