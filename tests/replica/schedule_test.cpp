#include "replica/schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

namespace {

using namespace std::chrono_literals;
using replica::Schedule;
using testing::Optional;

Schedule::Time at(std::chrono::milliseconds time) { return Schedule::Time(1h) + time; }

TEST(Schedule, GivesWhatIsDueTheLongestFirst) {
  Schedule schedule(0ms);
  schedule.due(7, at(20ms));
  schedule.due(3, at(10ms));
  schedule.due(5, at(30ms));
  EXPECT_EQ(schedule.next(), at(10ms));
  EXPECT_EQ(schedule.take(at(5ms)), std::nullopt);
  EXPECT_THAT(schedule.take(at(25ms)), Optional(3U));
  EXPECT_THAT(schedule.take(at(25ms)), Optional(7U));
  EXPECT_EQ(schedule.take(at(25ms)), std::nullopt);
  EXPECT_EQ(schedule.next(), at(30ms));
}

TEST(Schedule, IsDueOnceAtTheEarliestTimeAskedFor) {
  Schedule schedule(0ms);
  schedule.due(1, at(50ms));
  schedule.due(1, at(10ms));
  schedule.due(1, at(90ms));
  EXPECT_EQ(schedule.size(), 1U);
  EXPECT_THAT(schedule.take(at(10ms)), Optional(1U));
  schedule.done(1);
  EXPECT_EQ(schedule.next(), std::nullopt);
}

TEST(Schedule, WhatFallsDueWhileItIsWorkedOnComesAfterwards) {
  Schedule schedule(0ms);
  schedule.due(1, at(0ms));
  ASSERT_THAT(schedule.take(at(0ms)), Optional(1U));
  schedule.due(1, at(1ms));
  schedule.due(1, at(2ms));
  EXPECT_TRUE(schedule.is_due(1));
  EXPECT_TRUE(schedule.is_taken(1));
  EXPECT_EQ(schedule.take(at(5ms)), std::nullopt);
  EXPECT_EQ(schedule.next(), std::nullopt);
  schedule.done(1);
  EXPECT_THAT(schedule.take(at(5ms)), Optional(1U));
  schedule.done(1);
  EXPECT_EQ(schedule.take(at(9ms)), std::nullopt);
}

TEST(Schedule, ManyCallsGiveOneTurnAGap) {
  Schedule schedule(1s);
  int turns = 0;
  for (auto time = 0ms; time < 10s; time += 10ms) {
    schedule.urge(4, at(time));
    if (schedule.take(at(time))) {
      ++turns;
      schedule.done(4);
    }
  }
  EXPECT_EQ(turns, 10);
}

TEST(Schedule, WhatIsPutOffWaitsUnlessItIsUrged) {
  Schedule schedule(10ms);
  schedule.due(1, at(0ms));
  ASSERT_THAT(schedule.take(at(0ms)), Optional(1U));
  schedule.put_off(1, at(5s));
  schedule.due(1, at(20ms));
  schedule.done(1);
  EXPECT_EQ(schedule.next(), at(5s));
  schedule.urge(1, at(1s));
  EXPECT_THAT(schedule.take(at(1s)), Optional(1U));
}

TEST(Schedule, PuttingOffMovesWhatIsDueAlready) {
  Schedule schedule(0ms);
  schedule.due(1, at(10ms));
  schedule.put_off(1, at(2s));
  EXPECT_EQ(schedule.next(), at(2s));
  EXPECT_EQ(schedule.size(), 1U);
}

TEST(Schedule, ForgetsAlsoWhatIsWorkedOn) {
  Schedule schedule(0ms);
  schedule.due(1, at(0ms));
  schedule.due(2, at(0ms));
  schedule.forget(2);
  ASSERT_THAT(schedule.take(at(0ms)), Optional(1U));
  schedule.due(1, at(0ms));
  schedule.forget(1);
  schedule.done(1);
  schedule.forget(99);
  EXPECT_EQ(schedule.take(at(1h)), std::nullopt);
}

// Against a model that is a plain map.
TEST(Schedule, AgreesWithAModelUnderRandomUse) {
  std::minstd_rand random(42);
  Schedule schedule(0ms);
  std::map<Schedule::Id, Schedule::Time> due;
  std::map<Schedule::Id, bool> taken;
  for (int step = 0; step < 20'000; ++step) {
    const auto now = at(std::chrono::milliseconds(step));
    const auto id = static_cast<Schedule::Id>(random() % 20);
    switch (random() % 4) {
      case 0: {
        const auto when = now + std::chrono::milliseconds(random() % 50);
        schedule.due(id, when);
        if (!due.contains(id) || when < due[id]) due[id] = when;
        break;
      }
      case 1:
        schedule.forget(id);
        due.erase(id);
        break;
      case 2:
        if (taken[id]) {
          schedule.done(id);
          taken[id] = false;
        }
        break;
      default:
        const auto got = schedule.take(now);
        bool any = false;
        for (const auto& [each, when] : due) any = any || (!taken[each] && when <= now);
        ASSERT_EQ(got.has_value(), any) << step;
        if (!got) break;
        ASSERT_LE(due.at(*got), now) << step;
        for (const auto& [each, when] : due) {
          if (!taken[each]) {
            ASSERT_LE(due.at(*got), when) << step;
          }
        }
        due.erase(*got);
        taken[*got] = true;
    }
  }
}

TEST(Backoff, GrowsToTwoMinutesAndHeedsTheServer) {
  std::minstd_rand random(1);
  for (int turn = 0; turn < 100; ++turn) {
    EXPECT_GE(replica::backoff_pause(1, {}, random), 250ms);
    EXPECT_LE(replica::backoff_pause(1, {}, random), 500ms);
    EXPECT_LE(replica::backoff_pause(3, {}, random), 2s);
    EXPECT_GE(replica::backoff_pause(200, {}, random), 60s);
    EXPECT_LE(replica::backoff_pause(4'000'000'000U, {}, random), 120s);
  }
  EXPECT_EQ(replica::backoff_pause(1, 300s, random), 300s);
  EXPECT_EQ(replica::backoff_pause(1, 24h, random), 1h);
  EXPECT_LE(replica::backoff_pause(1, -5s, random), 500ms);
}

TEST(Jitter, SpreadsAQuarterToBothSides) {
  std::minstd_rand random(1);
  auto least = 1'000'000ms, most = 0ms;
  for (int turn = 0; turn < 1'000; ++turn) {
    const auto interval = replica::jittered(1'000ms, random);
    least = std::min(least, interval);
    most = std::max(most, interval);
  }
  EXPECT_GE(least, 750ms);
  EXPECT_LE(most, 1'250ms);
  EXPECT_LT(least, 800ms);
  EXPECT_GT(most, 1'200ms);
}

}  // namespace
