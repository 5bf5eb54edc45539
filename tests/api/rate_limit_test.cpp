#include "api/rate_limit.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
constexpr auto kNone = api::RateLimit::Clock::duration::zero();
const api::RateLimit::Clock::time_point kStart{1h};

TEST(RateLimit, AllowsABurstAndThenASteadyRate) {
  api::RateLimit limit(10, 5);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(limit.take("a", kStart), kNone) << i;
  EXPECT_EQ(limit.take("a", kStart), 100ms);
  EXPECT_EQ(limit.take("a", kStart + 50ms), 50ms);
  EXPECT_EQ(limit.take("a", kStart + 100ms), kNone);
  EXPECT_GT(limit.take("a", kStart + 100ms), kNone);
  EXPECT_EQ(limit.take("b", kStart + 100ms), kNone) << "each has a bucket of its own";
}

TEST(RateLimit, FillsNoFurtherThanTheBurst) {
  api::RateLimit limit(10, 2);
  EXPECT_EQ(limit.take("a", kStart), kNone);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(limit.take("a", kStart + 1h), kNone);
  EXPECT_GT(limit.take("a", kStart + 1h), kNone);
}

TEST(RateLimit, ManyNamesDoNotMakeItForgetWhoIsLimited) {
  api::RateLimit limit(1, 1);
  EXPECT_EQ(limit.take("a", kStart + 10s), kNone);
  for (int i = 0; i < 100'000; ++i) {
    // Old ones have filled again by now, and are forgotten.
    (void)limit.take(std::to_string(i), kStart + std::chrono::microseconds(100 * i));
  }
  EXPECT_GT(limit.take("a", kStart + 10s), kNone);
}

}  // namespace
