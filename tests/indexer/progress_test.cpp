#include "indexer/progress.hpp"

#include <atomic>
#include <chrono>
#include <ctime>
#include <gtest/gtest.h>
#include <sched.h>
#include <thread>

namespace indexer {
namespace {

std::chrono::nanoseconds processor_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// The scheduling policy of a new thread that has worked for so long.
int policy_after(std::chrono::milliseconds work, bool is_bulk) {
  int policy = -1;
  std::thread([&] {
    Progress progress;
    progress.is_bulk = is_bulk;
    do {
      progress.step();
    } while (processor_time() < work);
    progress.step();
    policy = sched_getscheduler(0);
  }).join();
  return policy;
}

// Needs a privilege.
bool may_stop_being_idle() {
  bool may = false;
  std::thread([&may] {
    const sched_param none{};
    sched_setscheduler(0, SCHED_IDLE, &none);
    may = sched_setscheduler(0, SCHED_OTHER, &none) == 0;
  }).join();
  return may;
}

TEST(Progress, BulkWorkGivesWayOnceItIsLong) {
  using std::chrono::milliseconds;
  EXPECT_EQ(policy_after(milliseconds(20), true), SCHED_OTHER);
  EXPECT_EQ(policy_after(milliseconds(400), true), SCHED_IDLE);
  EXPECT_EQ(policy_after(milliseconds(400), false), SCHED_OTHER) << "somebody waits for it";
}

TEST(Progress, WorkThatIsToEndGetsProcessorsAgain) {
  std::atomic<bool> has_given_way = false, is_to_end = false;
  int policy = -1;
  std::thread work([&] {
    Progress progress;
    progress.is_bulk = true;
    while (sched_getscheduler(0) != SCHED_IDLE) progress.step();
    has_given_way = true;
    while (!is_to_end) progress.step();
    policy = sched_getscheduler(0);
  });
  while (!has_given_way) std::this_thread::yield();
  stop_giving_way();
  is_to_end = true;
  work.join();
  EXPECT_EQ(policy, may_stop_being_idle() ? SCHED_OTHER : SCHED_IDLE);
}

}  // namespace
}  // namespace indexer
