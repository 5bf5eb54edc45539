#include "api/active_tasks.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "api/clock.hpp"
#include "api/log.hpp"

namespace api {
namespace {

constexpr std::chrono::seconds kRetryWithoutRoom{10};
constexpr std::string_view kWaitsForRoom = "waits for room: ";
constexpr char kNeverBegan[] = "cancelled before it began";
constexpr char kWaited[] = "cancelled while it waited for room";
constexpr std::size_t kProblemsKept = 100;
// Between two checks of requests to cancel.
constexpr std::chrono::milliseconds kMonitorInterval{500};
constexpr int kChecksPerWrite = 4;  // progress is written (a commit) every so many checks

// The rate limit bounds the estimate, even if work went faster before the limit was set.
std::optional<std::int64_t> seconds_left(const ActiveTask& task, std::int64_t rest) {
  const auto left = task.remaining.seconds(rest);
  const auto rate = task.progress->rate.load();
  if (rate == 0 || rest <= 0) return left;
  return std::max(left.value_or(0), (rest + rate - 1) / rate);
}

// A task that a command runs is not logged as an error: the command says it.
void log_task(const TaskReport& task, std::string_view what, bool is_run_by_command = false) {
  log_event(
      task.state == "failed" && !is_run_by_command ? Level::kError : Level::kInfo, "task",
      fmt::format("task {}: {} of {} {}", task.id, task.kind, task.account, what),
      {{"task", task.id}, {"kind", task.kind}, {"account", task.account}, {"state", task.state}});
}

}  // namespace

TaskReport ActiveTask::snapshot() const {
  TaskReport shown = report;
  shown.done = progress->done;
  shown.of = progress->of;
  if (report.state != "running") return shown;
  shown.seconds_left = seconds_left(*this, shown.of - shown.done);
  shown.outcome.clear();  // which says why it waited
  return shown;
}

bool waits_for_room(const TaskReport& task) { return task.outcome.starts_with(kWaitsForRoom); }

void ActiveTasks::add(std::shared_ptr<ActiveTask> task) {
  if (changed_) changed_(task->report);
  const std::lock_guard lock(mutex_);
  if (!is_stopping_ && !monitor_.joinable()) monitor_ = std::thread([this] { monitor(); });
  tasks_.push_back(std::move(task));
  wake_.notify_all();
}

std::shared_ptr<ActiveTask> ActiveTasks::take_next(
    const std::function<bool(const TaskReport&)>& may_begin) {
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    if (auto task = next_queued(may_begin)) {
      mark_running(*task);
      return task;
    }
    if (tasks_.empty()) {
      wake_.wait(lock);
    } else {
      wake_.wait_for(lock, kMonitorInterval);  // one may wait for room
    }
  }
  return nullptr;
}

std::shared_ptr<ActiveTask> ActiveTasks::next_queued(
    const std::function<bool(const TaskReport&)>& may_begin) const {
  for (const auto& task : tasks_) {
    if (task->report.state == "queued" && task->not_before <= ActiveTask::Clock::now() &&
        !is_busy(task->report.account) && may_begin(task->report))
      return task;
  }
  return nullptr;
}

bool ActiveTasks::is_busy(const std::string& account) const {
  return std::any_of(tasks_.begin(), tasks_.end(), [&](const auto& task) {
    return task->report.state == "running" && task->report.account == account;
  });
}

// With `mutex_` held.
void ActiveTasks::mark_running(ActiveTask& task) {
  task.report.state = "running";
  task.report.started = current_time();
  // One that waited for room begins anew.
  task.progress->done = 0;
  task.progress->of = 0;
}

TaskReport ActiveTasks::begin(const ActiveTask& task) {
  TaskReport report = write_now(task);
  log_task(report, "begins");
  return report;
}

void ActiveTasks::suspend(const std::shared_ptr<ActiveTask>& task) {
  const std::lock_guard in_order(writing_);
  TaskReport report = snapshot_of(*task);
  report.state = "queued";
  report.seconds_left.reset();
  report.outcome = task->report.outcome;
  remove(task);
  write(report);
  log_task(report, "is stopped, to go on later");
}

void ActiveTasks::postpone(const std::shared_ptr<ActiveTask>& task, const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    task->report.state = "queued";
    task->report.outcome = std::string(kWaitsForRoom) + why;
    task->not_before = ActiveTask::Clock::now() + kRetryWithoutRoom;
  }
  write_now(*task);
}

void ActiveTasks::end(const std::shared_ptr<ActiveTask>& task, std::string_view state,
                      TaskOutcome outcome) {
  const std::lock_guard in_order(writing_);
  TaskReport report = snapshot_of(*task);
  report.state = state;
  report.seconds_left.reset();
  report.ended = current_time();
  report.outcome = std::move(outcome.line);
  report.problems = std::move(outcome.problems);
  report.problems.resize(std::min(report.problems.size(), kProblemsKept));
  keep(
      report);  // first: commands read the table, and must not find a task running that was told to have ended
  {
    const std::lock_guard lock(mutex_);
    task->report = report;
  }
  if (changed_) changed_(report);
  remove(task);
  log_task(report, fmt::format("{}: {}", state, report.outcome), task->is_run_by_command());
}

void ActiveTasks::remove(const std::shared_ptr<ActiveTask>& task) {
  const std::lock_guard lock(mutex_);
  std::erase(tasks_, task);
}

// Writes the progress of tasks to the table, and cancels those for which the table says so. Runs on
// a thread of its own.
void ActiveTasks::monitor() {
  int checks = 0;
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    if (tasks_.empty()) {
      wake_.wait(lock);
    } else {
      wake_.wait_for(lock, kMonitorInterval);
    }
    if (is_stopping_ || tasks_.empty()) continue;
    for (const auto& task : tasks_) task->remaining.sample(task->progress->done);
    lock.unlock();
    cancel_requested();
    if (++checks % kChecksPerWrite == 0) write_progress();
    lock.lock();
  }
}

void ActiveTasks::cancel_requested() {
  std::vector<std::string> ids;
  try {
    ids = table_.to_cancel();
  } catch (const std::exception& error) {
    log_event(Level::kWarning, "tasksUnreadable",
              fmt::format("davenport.db cannot be read: {}", error.what()));
    return;
  }
  for (const auto& id : ids) {
    std::shared_ptr<ActiveTask> waiting;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& task : tasks_) {
        if (task->report.id != id) continue;
        task->progress->cancelled = true;
        if (task->report.state != "queued") continue;
        task->report.state = "cancelled";  // no worker takes it any more
        task->report.outcome = task->report.started ? kWaited : kNeverBegan;
        waiting = task;
      }
    }
    if (waiting) end(waiting, "cancelled", {waiting->report.outcome});
  }
}

void ActiveTasks::write_progress() {
  const std::lock_guard in_order(writing_);
  std::vector<TaskReport> reports;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& task : tasks_) {
      auto report = task->snapshot();
      if (report.state != "running" || report.done == task->report.done) continue;
      task->report.done = report.done;
      reports.push_back(std::move(report));
    }
  }
  for (const auto& report : reports) write(report);
}

TaskReport ActiveTasks::write_now(const ActiveTask& task) {
  const std::lock_guard in_order(writing_);
  TaskReport report = snapshot_of(task);
  write(report);
  return report;
}

// With `writing_` held.
void ActiveTasks::write(const TaskReport& report) {
  keep(report);
  if (changed_) changed_(report);
}

void ActiveTasks::keep(const TaskReport& report) {
  try {
    table_.write(report);
  } catch (const std::exception& error) {
    log_event(Level::kError, "taskNotKept",
              fmt::format("task {}: its state cannot be kept: {}", report.id, error.what()),
              {{"task", report.id}});
  }
}

TaskReport ActiveTasks::snapshot_of(const ActiveTask& task) const {
  const std::lock_guard lock(mutex_);
  return task.snapshot();
}

std::optional<TaskReport> ActiveTasks::find(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  for (const auto& task : tasks_) {
    if (task->report.id == id) return task->snapshot();
  }
  return std::nullopt;
}

std::vector<TaskReport> ActiveTasks::reports() const {
  std::vector<TaskReport> reports;
  const std::lock_guard lock(mutex_);
  for (const auto& task : tasks_) reports.push_back(task->snapshot());
  return reports;
}

void ActiveTasks::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    for (const auto& task : tasks_) {
      task->progress->goes_on_later = true;
      task->progress->cancelled = true;
    }
  }
  wake_.notify_all();
}

void ActiveTasks::join() {
  std::thread monitor;
  {
    const std::lock_guard lock(mutex_);
    monitor.swap(monitor_);
  }
  if (monitor.joinable()) monitor.join();
}

}  // namespace api
