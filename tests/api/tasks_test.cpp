#include "api/tasks.hpp"

#include <atomic>
#include <fmt/format.h>
#include <fstream>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "indexer/account.hpp"
#include "tests/support/support.hpp"

namespace {

using api::TaskReport;
using api::Tasks;
using indexer::Progress;
using testing::ElementsAre;

class TasksTest : public testing::Test {
 protected:
  // A server's tasks; what `kind` "work" does is given.
  std::unique_ptr<Tasks> serving(Tasks::Work work) const {
    auto tasks = std::make_unique<Tasks>(file_);
    tasks->serve({{"work", std::move(work)}});
    return tasks;
  }

  // The task once it has ended.
  static TaskReport ended(const Tasks& tasks, const std::string& id) {
    for (int turn = 0; turn < 2'000; ++turn) {
      const auto report = tasks.find(id);
      if (report && report->has_ended()) return *report;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ADD_FAILURE() << "task " << id << " did not end";
    return {};
  }

  static void wait_until_running(const Tasks& tasks, const std::string& id) {
    for (int turn = 0; turn < 2'000 && tasks.find(id)->state != "running"; ++turn)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }

  static std::string wait_until_cancelled(Progress& progress) {
    while (!progress.cancelled) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    throw indexer::Cancelled();
  }

  support::TemporaryFolder folder_;
  std::filesystem::path file_ = folder_ / "davenport.db";
};

TEST_F(TasksTest, OutcomeOfWorkBecomesItsState) {
  const struct {
    std::string account, state, outcome;
  } cases[] = {{"good", "done", "4,711 messages"},
               {"full", "failed", "disk full"},
               {"over", "cancelled", "cancelled"}};
  const auto tasks = serving([](const TaskReport& task, Progress&) -> std::string {
    if (task.account == "full") throw std::runtime_error("disk full");
    if (task.account == "over") throw indexer::Cancelled();
    return "4,711 messages";
  });
  for (const auto& example : cases) {
    const auto report = ended(*tasks, tasks->start({"work", example.account}));
    EXPECT_EQ(report.state, example.state);
    EXPECT_EQ(report.outcome, example.outcome);
    EXPECT_EQ(report.kind, "work");
    EXPECT_EQ(report.account, example.account);
    EXPECT_TRUE(report.ended.has_value());
  }
}

TEST_F(TasksTest, ThoseOfAnAccountWaitForEachOtherAndOthersDoNot) {
  std::promise<void> release;
  auto released = release.get_future().share();
  const auto tasks = serving([&](const TaskReport& task, Progress& progress) -> std::string {
    progress.of = 10;
    progress.done = 5;
    if (task.arguments == "{\"waits\":true}") released.wait();
    return "ran";
  });
  const auto first = tasks->start({"work", "alice", "{\"waits\":true}"});
  const auto second = tasks->start({"work", "alice"});
  EXPECT_EQ(ended(*tasks, tasks->start({"work", "bob"})).outcome, "ran");
  const auto running = tasks->find(first);
  EXPECT_EQ(running->state, "running");
  EXPECT_EQ(running->done, 5);
  EXPECT_EQ(running->of, 10);
  EXPECT_EQ(tasks->find(second)->state, "queued");
  release.set_value();
  EXPECT_EQ(ended(*tasks, second).outcome, "ran");
}

TEST_F(TasksTest, CancelsWhatRunsAndWhatWaitsFromAnyProcess) {
  const auto tasks = serving([](const TaskReport& task, Progress& progress) -> std::string {
    if (task.arguments != "{}") throw std::logic_error("ran");
    return wait_until_cancelled(progress);
  });
  const auto running = tasks->start({"work", "alice"});
  const auto waiting = tasks->start({"work", "alice", "{\"second\":true}"});
  EXPECT_TRUE(tasks->cancel(waiting));
  EXPECT_EQ(ended(*tasks, waiting).outcome, "cancelled before it began");
  // As another process does.
  api::TaskTable table(file_, replica::sqlite::Access::kReadWrite);
  EXPECT_TRUE(table.ask_to_cancel(running));
  EXPECT_EQ(ended(*tasks, running).state, "cancelled");
  EXPECT_FALSE(tasks->cancel(running));
  EXPECT_FALSE(tasks->cancel("4711"));
  EXPECT_FALSE(tasks->cancel("no task"));
  EXPECT_FALSE(tasks->find("no task").has_value());
}

TEST_F(TasksTest, WhatAServerDidNotFinishTheNextOneGoesOnWith) {
  std::string id, waiting;
  {
    const auto tasks = serving([](const TaskReport&, Progress& progress) -> std::string {
      progress.done = 7;
      return wait_until_cancelled(progress);
    });
    id = tasks->start({"work", "alice", "{\"rate\":5}"});
    waiting = tasks->start({"work", "alice"});
    wait_until_running(*tasks, id);
  }
  api::TaskTable table(file_, replica::sqlite::Access::kReadWrite);
  EXPECT_EQ(table.find(id)->state, "queued");
  // As if another process had been killed in one of them.
  replica::sqlite::Connection(file_, replica::sqlite::Access::kReadWrite,
                              replica::sqlite::Durability::kFull)
      .execute("UPDATE task SET runner = '1 0', state = 'running' WHERE number = 1");
  EXPECT_EQ(table.find(id)->state, "queued") << "whoever had it is gone";
  const auto tasks = serving(
      [](const TaskReport& task, Progress&) -> std::string { return "again, " + task.arguments; });
  EXPECT_EQ(ended(*tasks, id).outcome, "again, {\"rate\":5}");
  EXPECT_EQ(ended(*tasks, waiting).outcome, "again, {}");
}

TEST_F(TasksTest, WhatARateHoldsBackTakesItsTime) {
  const auto tasks = serving([](const TaskReport&, Progress& progress) -> std::string {
    progress.rate = 10;
    progress.of = 480;
    for (progress.done = 0; progress.done < 326 && !progress.cancelled; ++progress.done)
      std::this_thread::sleep_for(std::chrono::milliseconds(4));
    return wait_until_cancelled(progress);
  });
  const auto id = tasks->start({"work", "alice"});
  for (int turn = 0; turn < 2'000 && tasks->find(id)->done < 326; ++turn)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_GE(tasks->find(id)->seconds_left.value_or(0), 16);
}

TEST_F(TasksTest, AProcessThatEndedHasNothingThoughItsParentDoesNotKnow) {
  api::TaskTable table(file_, replica::sqlite::Access::kReadWrite);
  const auto id = table.add({"work", "alice"}, "running").id;
  EXPECT_EQ(table.find(id)->state, "running");
  const auto child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t ended{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
  std::ifstream in(fmt::format("/proc/{}/stat", child));
  const std::vector<std::string> words{std::istream_iterator<std::string>(in), {}};
  ASSERT_GT(words.size(), 21U);
  replica::sqlite::Connection(file_, replica::sqlite::Access::kReadWrite,
                              replica::sqlite::Durability::kFull)
      .execute(fmt::format("UPDATE task SET runner = '{} {}'", child, words[21]));
  EXPECT_EQ(table.find(id)->state, "queued");
  ::waitpid(child, nullptr, 0);
}

TEST_F(TasksTest, ProgressThatIsWrittenLateDoesNotHideAnEnd) {
  // The progress of both is told in one go; while the first is told, the second ends.
  std::promise<void> first_is_told, second_ends;
  auto told = first_is_told.get_future().share();
  auto ends = second_ends.get_future().share();
  std::atomic<bool> is_told = false;
  Tasks tasks(file_, [&](const TaskReport& report) {
    if (report.account != "first" || report.done == 0 || is_told.exchange(true)) return;
    first_is_told.set_value();
    ends.wait_for(std::chrono::seconds(1));
  });
  tasks.serve({{"work", [&](const TaskReport& task, Progress& progress) -> std::string {
                  progress.of = 2;
                  progress.done = 1;
                  if (task.account == "first") return wait_until_cancelled(progress);
                  told.wait();
                  return "ran";
                }}});
  const auto first = tasks.start({"work", "first"});
  const auto second = tasks.start({"work", "second"});
  EXPECT_EQ(ended(tasks, second).state, "done");
  second_ends.set_value();
  EXPECT_TRUE(tasks.cancel(first));
  EXPECT_EQ(ended(tasks, first).state, "cancelled");
  EXPECT_EQ(api::TaskTable(file_, replica::sqlite::Access::kReadOnly).find(second)->state, "done");
}

TEST_F(TasksTest, WhatWaitsForRoomGoesOnWaitingAfterARestart) {
  std::atomic<int> tries = 0;
  const auto finds_no_room = [&](const TaskReport& task, Progress&) -> std::string {
    ++tries;
    if (task.account == "asked") throw indexer::NoRoom("make room");
    throw api::WaitsForRoom("make room");
  };
  std::string unasked;
  {
    const auto tasks = serving(finds_no_room);
    EXPECT_EQ(ended(*tasks, tasks->start({"work", "asked"})).state, "failed");
    unasked = tasks->start({"work", "unasked"});
    while (tries < 2 || tasks->find(unasked)->state != "queued")
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_EQ(tasks->find(unasked)->outcome, "waits for room: make room");
  }
  // Another program's word for the same: who waited before goes on waiting.
  const auto tasks = serving([&](const TaskReport& task, Progress&) -> std::string {
    EXPECT_EQ(api::TaskTable(file_, replica::sqlite::Access::kReadOnly).find(task.id)->outcome, "")
        << "it does not wait now";
    if (++tries == 3) throw indexer::NoRoom("make room");
    return "done at last";
  });
  while (tries < 3 || tasks->find(unasked)->state == "running")
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(tasks->find(unasked)->state, "queued");
}

TEST_F(TasksTest, WorkThatIsDoneElsewhereIsListed) {
  Tasks tasks(file_);
  Progress progress;
  std::string seen;
  const auto outcome = tasks.run(
      {"import", "alice", R"({"paths":["/mail"]})"},
      [&](const TaskReport& task, Progress& of_work) -> api::TaskOutcome {
        of_work.done = 3;
        seen = api::TaskTable(file_, replica::sqlite::Access::kReadOnly).find(task.id)->state;
        return {"3 messages", {"a: refused"}};
      },
      progress);
  EXPECT_EQ(seen, "running");
  EXPECT_EQ(outcome.line, "3 messages");
  const auto report = tasks.list().at(0);
  EXPECT_EQ(report.state, "done");
  EXPECT_EQ(report.done, 3);
  EXPECT_THAT(report.problems, ElementsAre("a: refused"));

  auto own = tasks.begin({"first-sync", "bob"});
  own->progress().of = 9;
  EXPECT_EQ(tasks.list().at(0).of, 9);
  own.reset();
  EXPECT_EQ(tasks.list().at(0).state, "cancelled");
}

TEST_F(TasksTest, AKindThatNobodyCanGoOnWithHasFailed) {
  {
    Tasks tasks(file_);
    auto left = tasks.begin({"export", "alice"});
    replica::sqlite::Connection(file_, replica::sqlite::Access::kReadWrite,
                                replica::sqlite::Durability::kFull)
        .execute("UPDATE task SET runner = '1 0'");
    const auto next = serving([](const TaskReport&, Progress&) { return std::string(); });
    EXPECT_EQ(next->list().at(0).outcome, "its process ended before it did");
  }
}

TEST_F(TasksTest, KeepsTheNewestHundredThatEnded) {
  const auto tasks = serving([](const TaskReport&, Progress&) { return std::string(); });
  std::string last, first;
  for (int i = 0; i < 120; ++i) {
    last = tasks->start({"work", "alice"});
    if (first.empty()) first = last;
    ended(*tasks, last);
  }
  EXPECT_FALSE(tasks->find(first).has_value());
  EXPECT_LE(tasks->list().size(), 101U);
}

TEST_F(TasksTest, AFileOfTheFormatBeforeIsUpgraded) {
  {
    replica::sqlite::Connection old(file_, replica::sqlite::Access::kReadWrite,
                                    replica::sqlite::Durability::kFull);
    old.execute(
        "CREATE TABLE database (source TEXT); CREATE TABLE behind (account TEXT);"
        "PRAGMA user_version = 1");
  }
  EXPECT_TRUE(api::TaskTable(file_, replica::sqlite::Access::kReadOnly).list().empty());
  Tasks tasks(file_);
  EXPECT_EQ(tasks.start({"work", "alice"}), "1");
}

}  // namespace
