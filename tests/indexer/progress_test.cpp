#include "indexer/progress.hpp"

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
      progress.check();
    } while (processor_time() < work);
    progress.check();
    policy = sched_getscheduler(0);
  }).join();
  return policy;
}

TEST(Progress, BulkWorkGivesWayOnceItIsLong) {
  using std::chrono::milliseconds;
  EXPECT_EQ(policy_after(milliseconds(20), true), SCHED_OTHER);
  EXPECT_EQ(policy_after(milliseconds(400), true), SCHED_IDLE);
  EXPECT_EQ(policy_after(milliseconds(400), false), SCHED_OTHER) << "somebody waits for it";
}

}  // namespace
}  // namespace indexer
