#include "api/tasks.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <fmt/format.h>
#include <sched.h>
#include <spdlog/spdlog.h>

#include "indexer/fulltext.hpp"

namespace api {
namespace {

constexpr std::size_t kEndedTasksKept = 100;
constexpr std::size_t kProblemsKept = 100;

using Clock = std::chrono::steady_clock;

struct Task {
  std::string id, kind, account, state = "queued";
  TaskOutcome outcome{""};
  Tasks::Work work;
  indexer::Progress progress;
  Clock::time_point started{};

  [[nodiscard]] bool has_ended() const { return state != "queued" && state != "running"; }
};

TaskReport report_of(const Task& task) {
  TaskReport report{task.id,    task.kind,          task.account,
                    task.state, task.progress.done, task.progress.of,
                    {},         task.outcome.line,  task.outcome.problems};
  if (task.state == "running" && report.done > 0 && report.of >= report.done) {
    const double seconds = std::chrono::duration<double>(Clock::now() - task.started).count();
    report.seconds_left = static_cast<std::int64_t>(
        seconds * static_cast<double>(report.of - report.done) / static_cast<double>(report.done));
  }
  return report;
}

// Bulk work takes only the processor time that nobody else wants (threads that it starts inherit this).
void yield_to_everyone() {
  const sched_param none{};
  sched_setscheduler(0, SCHED_IDLE, &none);
}

}  // namespace

struct Tasks::State {
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::shared_ptr<Task>> tasks;  // oldest first
  // Ids of this run differ from those of the last one, which a client may still hold.
  const std::string id_prefix =
      fmt::format("{:x}", std::chrono::duration_cast<std::chrono::seconds>(
                              std::chrono::system_clock::now().time_since_epoch())
                              .count());
  std::uint64_t started_tasks = 0;
  bool stopping = false;
  std::thread thread;

  void run();
  [[nodiscard]] std::shared_ptr<Task> next_queued() const;
  void perform(Task& task, std::unique_lock<std::mutex>& lock);
  void forget_oldest();
};

std::shared_ptr<Task> Tasks::State::next_queued() const {
  const auto queued = std::find_if(tasks.begin(), tasks.end(),
                                   [](const auto& task) { return task->state == "queued"; });
  return queued == tasks.end() ? nullptr : *queued;
}

void Tasks::State::run() {
  yield_to_everyone();
  std::unique_lock lock(mutex);
  while (!stopping) {
    if (const auto task = next_queued()) {
      perform(*task, lock);
      forget_oldest();
    } else {
      changed.wait(lock);
    }
  }
}

void Tasks::State::perform(Task& task, std::unique_lock<std::mutex>& lock) {
  task.state = "running";
  task.started = Clock::now();
  lock.unlock();
  std::string state = "done";
  TaskOutcome outcome("");
  try {
    outcome = task.work(task.progress);
    outcome.problems.resize(std::min(outcome.problems.size(), kProblemsKept));
  } catch (const indexer::Cancelled&) {
    state = "cancelled";
    outcome.line = "cancelled";
  } catch (const std::exception& error) {
    state = "failed";
    outcome.line = error.what();
    spdlog::error("task {} ({} of {}) failed: {}", task.id, task.kind, task.account, error.what());
  }
  task.work = nullptr;  // releases what it holds on to, such as the account
  lock.lock();
  task.state = std::move(state);
  task.outcome = std::move(outcome);
}

void Tasks::State::forget_oldest() {
  auto ended =
      std::count_if(tasks.begin(), tasks.end(), [](const auto& task) { return task->has_ended(); });
  for (auto task = tasks.begin(); ended > static_cast<std::ptrdiff_t>(kEndedTasksKept);) {
    if ((*task)->has_ended()) {
      task = tasks.erase(task);
      --ended;
    } else {
      ++task;
    }
  }
}

Tasks::Tasks() : state_(std::make_unique<State>()) {
  State* state = state_.get();
  state_->thread = std::thread([state] { state->run(); });
}

Tasks::~Tasks() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    for (const auto& task : state_->tasks) task->progress.cancelled = true;
  }
  state_->changed.notify_all();
  state_->thread.join();
}

std::string Tasks::start(std::string kind, std::string account, Work work) {
  auto task = std::make_shared<Task>();
  task->kind = std::move(kind);
  task->account = std::move(account);
  task->work = std::move(work);
  const std::lock_guard lock(state_->mutex);
  task->id = fmt::format("{}-{}", state_->id_prefix, ++state_->started_tasks);
  state_->tasks.push_back(task);
  state_->changed.notify_all();
  return task->id;
}

std::optional<TaskReport> Tasks::find(std::string_view id) const {
  const std::lock_guard lock(state_->mutex);
  for (const auto& task : state_->tasks) {
    if (task->id == id) return report_of(*task);
  }
  return std::nullopt;
}

std::vector<TaskReport> Tasks::list() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<TaskReport> reports;
  for (auto task = state_->tasks.rbegin(); task != state_->tasks.rend(); ++task)
    reports.push_back(report_of(**task));
  return reports;
}

bool Tasks::cancel(std::string_view id) {
  const std::lock_guard lock(state_->mutex);
  for (const auto& task : state_->tasks) {
    if (task->id != id) continue;
    task->progress.cancelled = true;
    if (task->state == "queued") {
      task->state = "cancelled";
      task->outcome.line = "cancelled before it began";
      task->work = nullptr;
    }
    return true;
  }
  return false;
}

}  // namespace api
