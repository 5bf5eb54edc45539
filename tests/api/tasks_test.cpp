#include "api/tasks.hpp"

#include <future>
#include <gtest/gtest.h>

#include "indexer/fulltext.hpp"

namespace {

using api::Tasks;
using indexer::Progress;

// The task once it has ended.
api::TaskReport ended(const Tasks& tasks, const std::string& id) {
  for (int turn = 0; turn < 1'000; ++turn) {
    const auto report = tasks.find(id);
    if (report && report->state != "queued" && report->state != "running") return *report;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ADD_FAILURE() << "task " << id << " did not end";
  return {};
}

std::string wait_until_cancelled(Progress& progress) {
  while (!progress.cancelled) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  throw indexer::Cancelled();
}

TEST(Tasks, OutcomeOfWorkBecomesItsState) {
  Tasks tasks;
  const struct {
    Tasks::Work work;
    std::string state, outcome;
  } cases[] = {
      {[](Progress&) { return std::string("4,711 messages"); }, "done", "4,711 messages"},
      {[](Progress&) -> std::string { throw std::runtime_error("disk full"); }, "failed",
       "disk full"},
      {[](Progress&) -> std::string { throw indexer::Cancelled(); }, "cancelled", "cancelled"},
  };
  for (const auto& example : cases) {
    const auto report = ended(tasks, tasks.start("reindex", "alice", example.work));
    EXPECT_EQ(report.state, example.state);
    EXPECT_EQ(report.outcome, example.outcome);
    EXPECT_EQ(report.kind, "reindex");
    EXPECT_EQ(report.account, "alice");
  }
}

TEST(Tasks, RunsOneAfterAnotherAndReportsProgress) {
  Tasks tasks;
  std::promise<void> started, release;
  auto released = release.get_future().share();
  const auto first = tasks.start("import", "alice", [&](Progress& progress) {
    progress.of = 10;
    progress.done = 5;
    started.set_value();
    released.wait();
    return std::string();
  });
  const auto second = tasks.start("import", "bob", [](Progress&) { return std::string("ran"); });
  started.get_future().wait();
  const auto running = tasks.find(first);
  EXPECT_EQ(running->state, "running");
  EXPECT_EQ(running->done, 5);
  EXPECT_EQ(running->of, 10);
  EXPECT_TRUE(running->seconds_left.has_value());
  EXPECT_EQ(tasks.find(second)->state, "queued");
  EXPECT_EQ(tasks.list().front().id, second);
  release.set_value();
  EXPECT_EQ(ended(tasks, second).outcome, "ran");
}

TEST(Tasks, CancelsWhatRunsAndWhatWaits) {
  Tasks tasks;
  const auto running = tasks.start("reindex", "alice", wait_until_cancelled);
  const auto waiting = tasks.start("reindex", "bob",
                                   [](Progress&) -> std::string { throw std::logic_error("ran"); });
  EXPECT_TRUE(tasks.cancel(waiting));
  EXPECT_EQ(tasks.find(waiting)->state, "cancelled");
  EXPECT_TRUE(tasks.cancel(running));
  EXPECT_EQ(ended(tasks, running).state, "cancelled");
  EXPECT_FALSE(tasks.cancel("no-such-task"));
  EXPECT_FALSE(tasks.find("no-such-task").has_value());
}

TEST(Tasks, EndingCancelsWhatRuns) {
  std::promise<void> started;
  Tasks tasks;
  tasks.start("reindex", "alice", [&](Progress& progress) {
    started.set_value();
    return wait_until_cancelled(progress);
  });
  started.get_future().wait();
}

TEST(Tasks, KeepsTheNewestHundredThatEnded) {
  Tasks tasks;
  std::string last, first;
  for (int i = 0; i < 120; ++i) {
    last = tasks.start("sync", "alice", [](Progress&) { return std::string(); });
    if (first.empty()) first = last;
  }
  ended(tasks, last);
  EXPECT_FALSE(tasks.find(first).has_value());
  EXPECT_LE(tasks.list().size(), 101U);
}

}  // namespace
