// The tasks of this process that have not ended: how far each is, and when davenport.db and listeners
// are told. Runs no work.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "api/remaining_time.hpp"
#include "api/task_table.hpp"
#include "api/tasks.hpp"
#include "indexer/progress.hpp"

namespace api {

// Members are guarded by the ActiveTasks that the task is in, but for what `progress` points to.
struct ActiveTask {
  using Clock = std::chrono::steady_clock;

  TaskReport report;  // but its progress
  indexer::Progress own_progress;
  indexer::Progress* progress = &own_progress;  // or that of the command which runs the task
  RemainingTime remaining;
  Clock::time_point not_before{};  // of one that waits for room

  [[nodiscard]] bool is_run_by_command() const { return progress != &own_progress; }
  [[nodiscard]] TaskReport snapshot() const;  // the report with its progress
};

// Whether the task had to wait for room on the disk when it ran last.
[[nodiscard]] bool waits_for_room(const TaskReport& task);

// Any thread.
class ActiveTasks {
 public:
  // `changed` may be null; see Tasks.
  ActiveTasks(TaskTable& table, Tasks::Listener changed)
      : table_(table), changed_(std::move(changed)) {}

  // The task is in the table already.
  void add(std::shared_ptr<ActiveTask> task);
  // Marks the oldest queued task as running that `may_begin` and whose account has no other running.
  // Waits until there is one. Null after `stop`.
  [[nodiscard]] std::shared_ptr<ActiveTask> take_next(
      const std::function<bool(const TaskReport&)>& may_begin);
  // Call when a task may begin that could not before.
  void wake() { wake_.notify_all(); }
  // Tells tasks to end, so that the next process goes on with them.
  void stop();
  void join();  // after `stop`: waits for the thread that watches the tasks

  // What becomes of a task. All write its report to the table; those that end it here remove it.
  TaskReport begin(const ActiveTask& task);  // after `take_next`
  void end(const std::shared_ptr<ActiveTask>& task, std::string_view state, TaskOutcome outcome);
  // Leaves it queued in the table, for the next process to go on with.
  void suspend(const std::shared_ptr<ActiveTask>& task);
  // Queues it again, to be tried when there may be room.
  void postpone(const std::shared_ptr<ActiveTask>& task, const std::string& why);
  // Cancels those for which the table says so.
  void cancel_requested();

  [[nodiscard]] std::optional<TaskReport> find(std::string_view id) const;
  [[nodiscard]] std::vector<TaskReport> reports() const;  // oldest first; some may just have ended

 private:
  [[nodiscard]] std::shared_ptr<ActiveTask> next_queued(
      const std::function<bool(const TaskReport&)>& may_begin) const;
  [[nodiscard]] bool is_busy(const std::string& account) const;
  void mark_running(ActiveTask& task);
  [[nodiscard]] TaskReport snapshot_of(const ActiveTask& task) const;
  void remove(const std::shared_ptr<ActiveTask>& task);
  void monitor();
  void write_progress();
  TaskReport write_now(const ActiveTask& task);
  void keep(const TaskReport& report);  // in the table
  void write(const TaskReport& report);  // keeps it and tells of it

  TaskTable& table_;
  const Tasks::Listener changed_;
  // A task's reports are written in the order in which they are made; taken before `mutex_`.
  std::mutex writing_;
  mutable std::mutex mutex_;  // of all below
  std::condition_variable wake_;
  std::deque<std::shared_ptr<ActiveTask>> tasks_;  // oldest first
  bool is_stopping_ = false;
  std::thread monitor_;
};

}  // namespace api
