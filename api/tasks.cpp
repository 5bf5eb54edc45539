#include "api/tasks.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <fmt/format.h>
#include <sched.h>
#include <thread>

#include "api/clock.hpp"
#include "api/log.hpp"
#include "api/remaining_time.hpp"
#include "indexer/account.hpp"

namespace api {
namespace {

constexpr std::size_t kAtOnce = 4;
constexpr std::chrono::seconds kRetryWithoutRoom{10};
constexpr std::string_view kWaitsForRoom = "waits for room: ";
constexpr char kNeverBegan[] = "cancelled before it began";
constexpr char kWaited[] = "cancelled while it waited for room";
constexpr std::size_t kProblemsKept = 100;
// Between two checks of requests to cancel.
constexpr std::chrono::milliseconds kMonitorInterval{500};
constexpr int kChecksPerWrite = 4;  // progress is written (a commit) every so many checks

using Clock = std::chrono::steady_clock;

// A task of this process that has not ended.
struct Task {
  TaskReport report;  // but its progress
  indexer::Progress own_progress;
  indexer::Progress* progress = &own_progress;
  RemainingTime remaining;
  Clock::time_point not_before{};  // of one that waits for room

  [[nodiscard]] bool is_commands() const { return progress != &own_progress; }
  [[nodiscard]] TaskReport snapshot() const {
    TaskReport shown = report;
    shown.done = progress->done;
    shown.of = progress->of;
    if (report.state == "running") shown.seconds_left = seconds_left(shown.of - shown.done);
    return shown;
  }

 private:
  // The rate limit bounds the estimate, even if work went faster before the limit was set.
  [[nodiscard]] std::optional<std::int64_t> seconds_left(std::int64_t rest) const {
    const auto left = remaining.seconds(rest);
    const auto rate = progress->rate.load();
    if (rate == 0 || rest <= 0) return left;
    return std::max(left.value_or(0), (rest + rate - 1) / rate);
  }
};

// A task that a command runs is not logged as an error: the command says it.
void log_task(const TaskReport& task, std::string_view what, bool is_commands = false) {
  log_event(
      task.state == "failed" && !is_commands ? Level::kError : Level::kInfo, "task",
      fmt::format("task {}: {} of {} {}", task.id, task.kind, task.account, what),
      {{"task", task.id}, {"kind", task.kind}, {"account", task.account}, {"state", task.state}});
}

// Gives this thread, and the threads that it starts, only processor time that nothing else wants.
void run_when_idle() {
  const sched_param none{};
  sched_setscheduler(0, SCHED_IDLE, &none);
}

}  // namespace

struct Tasks::State {
  State(std::filesystem::path file, Listener listener, DiskSpace* space)
      : table(std::move(file), replica::sqlite::Access::kReadWrite),
        changed(std::move(listener)),
        disk(space) {}

  TaskTable table;
  const Listener changed;
  DiskSpace* const disk;
  // A task's reports are written in the order in which they are made; taken before `mutex`.
  std::mutex writing;
  mutable std::mutex mutex;  // of all below
  std::condition_variable wake;
  Kinds kinds;
  std::deque<std::shared_ptr<Task>> tasks;  // that have not ended, oldest first
  bool stopping = false;
  std::vector<std::thread> workers;
  std::thread monitor;

  void add(std::shared_ptr<Task> task);
  void run_worker();
  [[nodiscard]] std::shared_ptr<Task> next_queued() const;
  void mark_running(Task& task);
  void perform(const std::shared_ptr<Task>& task, const Work& work);
  [[nodiscard]] TaskReport snapshot_of(const Task& task) const;
  void suspend(const std::shared_ptr<Task>& task);
  void postpone(const std::shared_ptr<Task>& task, const std::string& why);
  void end(const std::shared_ptr<Task>& task, std::string_view state, TaskOutcome outcome);
  void watch();
  void cancel_requested();
  void write_progress();
  [[nodiscard]] bool lacks_room(const TaskReport& task, const std::exception& error) const;
  TaskReport write_now(const Task& task);
  void write(const TaskReport& report);
};

namespace {

// Whether a task of the account is running: tasks of one account run one after another.
bool is_busy(const std::deque<std::shared_ptr<Task>>& tasks, const std::string& account) {
  return std::any_of(tasks.begin(), tasks.end(), [&](const auto& task) {
    return task->report.state == "running" && task->report.account == account;
  });
}

}  // namespace

TaskReport Tasks::State::write_now(const Task& task) {
  const std::lock_guard in_order(writing);
  TaskReport report = snapshot_of(task);
  write(report);
  return report;
}

// With `writing` held.
void Tasks::State::write(const TaskReport& report) {
  try {
    table.write(report);
  } catch (const std::exception& error) {
    log_event(Level::kError, "taskNotKept",
              fmt::format("task {}: its state cannot be kept: {}", report.id, error.what()),
              {{"task", report.id}});
  }
  if (changed) changed(report);
}

void Tasks::State::add(std::shared_ptr<Task> task) {
  if (changed) changed(task->report);
  const std::lock_guard lock(mutex);
  if (!stopping && !monitor.joinable()) monitor = std::thread([this] { watch(); });
  tasks.push_back(std::move(task));
  wake.notify_all();
}

std::shared_ptr<Task> Tasks::State::next_queued() const {
  if (disk != nullptr && disk->is_paused()) return nullptr;
  for (const auto& task : tasks) {
    if (task->report.state == "queued" && kinds.contains(task->report.kind) &&
        task->not_before <= Clock::now() && !is_busy(tasks, task->report.account))
      return task;
  }
  return nullptr;
}

void Tasks::State::run_worker() {
  run_when_idle();
  std::unique_lock lock(mutex);
  while (!stopping) {
    if (const auto task = next_queued()) {
      const Work& work = kinds.find(task->report.kind)->second;
      mark_running(*task);
      lock.unlock();
      perform(task, work);
      lock.lock();
      wake.notify_all();  // another of its account may begin
    } else if (tasks.empty()) {
      wake.wait(lock);
    } else {
      wake.wait_for(lock, kMonitorInterval);  // one may wait for room
    }
  }
}

// With `mutex` held.
void Tasks::State::mark_running(Task& task) {
  task.report.state = "running";
  task.report.started = current_time();
  // One that waited for room begins anew.
  task.progress->done = 0;
  task.progress->of = 0;
}

void Tasks::State::perform(const std::shared_ptr<Task>& task, const Work& work) {
  const TaskReport report = write_now(*task);
  log_task(report, "begins");
  try {
    end(task, "done", work(report, *task->progress));
  } catch (const indexer::Cancelled&) {
    task->progress->goes_on_later ? suspend(task) : end(task, "cancelled", {"cancelled"});
  } catch (const std::exception& error) {
    if (task->progress->goes_on_later) return suspend(task);
    lacks_room(report, error) ? postpone(task, error.what()) : end(task, "failed", {error.what()});
  }
}

// Whether the task waits for room instead of failing: if it found the disk full while it ran, or has
// waited before. One that checks for room first and finds none fails, so that its caller learns it.
bool Tasks::State::lacks_room(const TaskReport& task, const std::exception& error) const {
  if (dynamic_cast<const WaitsForRoom*>(&error) != nullptr) return true;
  if (dynamic_cast<const indexer::NoRoom*>(&error) != nullptr)
    return task.outcome.starts_with(kWaitsForRoom);
  return disk != nullptr && disk->note(error);
}

TaskReport Tasks::State::snapshot_of(const Task& task) const {
  const std::lock_guard lock(mutex);
  return task.snapshot();
}

// Leaves the task in the table, for the next process to go on with.
void Tasks::State::suspend(const std::shared_ptr<Task>& task) {
  const std::lock_guard in_order(writing);
  TaskReport report = snapshot_of(*task);
  report.state = "queued";
  report.seconds_left.reset();
  {
    const std::lock_guard lock(mutex);
    std::erase(tasks, task);
  }
  write(report);
  log_task(report, "is stopped, to go on later");
}

// Queues the task again, to be tried when there may be room.
void Tasks::State::postpone(const std::shared_ptr<Task>& task, const std::string& why) {
  {
    const std::lock_guard lock(mutex);
    task->report.state = "queued";
    task->report.outcome = std::string(kWaitsForRoom) + why;
    task->not_before = Clock::now() + kRetryWithoutRoom;
  }
  write_now(*task);
}

void Tasks::State::end(const std::shared_ptr<Task>& task, std::string_view state,
                       TaskOutcome outcome) {
  const std::lock_guard in_order(writing);
  TaskReport report = snapshot_of(*task);
  report.state = state;
  report.seconds_left.reset();
  report.ended = current_time();
  report.outcome = std::move(outcome.line);
  report.problems = std::move(outcome.problems);
  report.problems.resize(std::min(report.problems.size(), kProblemsKept));
  {
    const std::lock_guard lock(mutex);
    task->report = report;  // `find` and `list` report it from here until the table has it
  }
  write(report);
  {
    const std::lock_guard lock(mutex);
    std::erase(tasks, task);
  }
  log_task(report, fmt::format("{}: {}", state, report.outcome), task->is_commands());
}

// Writes the progress of tasks to the table, and cancels those for which the table says so. Runs on
// the thread `monitor`.
void Tasks::State::watch() {
  int checks = 0;
  std::unique_lock lock(mutex);
  while (!stopping) {
    tasks.empty() ? wake.wait(lock) : (void)wake.wait_for(lock, kMonitorInterval);
    if (stopping || tasks.empty()) continue;
    for (const auto& task : tasks) task->remaining.sample(task->progress->done);
    lock.unlock();
    cancel_requested();
    if (++checks % kChecksPerWrite == 0) write_progress();
    lock.lock();
  }
}

void Tasks::State::cancel_requested() {
  std::vector<std::string> ids;
  try {
    ids = table.to_cancel();
  } catch (const std::exception& error) {
    log_event(Level::kWarning, "tasksUnreadable",
              fmt::format("davenport.db cannot be read: {}", error.what()));
    return;
  }
  for (const auto& id : ids) {
    std::shared_ptr<Task> waiting;
    {
      const std::lock_guard lock(mutex);
      for (const auto& task : tasks) {
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

void Tasks::State::write_progress() {
  const std::lock_guard in_order(writing);
  std::vector<TaskReport> reports;
  {
    const std::lock_guard lock(mutex);
    for (const auto& task : tasks) {
      auto report = task->snapshot();
      if (report.state != "running" || report.done == task->report.done) continue;
      task->report.done = report.done;
      reports.push_back(std::move(report));
    }
  }
  for (const auto& report : reports) write(report);
}

Tasks::Tasks(std::filesystem::path davenport_db, Listener changed, DiskSpace* disk)
    : state_(std::make_unique<State>(std::move(davenport_db), std::move(changed), disk)) {}

Tasks::~Tasks() { stop(); }

void Tasks::serve(Kinds kinds) {
  State& state = *state_;
  for (auto& orphan : state.table.unfinished()) {
    const auto kind = kinds.find(orphan.kind);
    if (kind != kinds.end() && !kind->second) continue;
    state.table.adopt(orphan);
    auto task = std::make_shared<Task>();
    task->report = std::move(orphan);
    state.add(task);
    if (kind == kinds.end()) state.end(task, "failed", {"its process ended before it did"});
  }
  std::erase_if(kinds, [](const auto& kind) { return !kind.second; });
  const std::lock_guard lock(state.mutex);
  state.kinds = std::move(kinds);
  for (std::size_t i = 0; i < kAtOnce; ++i)
    state.workers.emplace_back([&state] { state.run_worker(); });
}

void Tasks::stop_soon() {
  State& state = *state_;
  {
    const std::lock_guard lock(state.mutex);
    state.stopping = true;
    for (const auto& task : state.tasks) {
      task->progress->goes_on_later = true;
      task->progress->cancelled = true;
    }
  }
  state.wake.notify_all();
}

void Tasks::stop() {
  State& state = *state_;
  stop_soon();
  for (auto& worker : state.workers) worker.join();
  state.workers.clear();
  std::thread monitor;
  {
    const std::lock_guard lock(state.mutex);
    monitor.swap(state.monitor);
  }
  if (monitor.joinable()) monitor.join();
}

std::string Tasks::start(const TaskRequest& request) {
  auto task = std::make_shared<Task>();
  task->report = state_->table.add(request, "queued");
  const std::string id = task->report.id;
  state_->add(std::move(task));
  return id;
}

namespace {

class TaskHandle : public Tasks::Handle {
 public:
  using End = std::function<void(std::string_view, TaskOutcome)>;
  TaskHandle(std::shared_ptr<Task> task, End end) : task_(std::move(task)), end_(std::move(end)) {}
  TaskHandle(const TaskHandle&) = delete;
  TaskHandle& operator=(const TaskHandle&) = delete;
  ~TaskHandle() override {
    if (!task_->progress->goes_on_later) finish("cancelled", {"cancelled"});
  }

  indexer::Progress& progress() override { return *task_->progress; }
  void finish(std::string_view state, TaskOutcome outcome) override {
    if (auto end = std::exchange(end_, {})) end(state, std::move(outcome));
  }

 private:
  std::shared_ptr<Task> task_;
  End end_;  // null once it ended
};

}  // namespace

std::unique_ptr<Tasks::Handle> Tasks::begin(const TaskRequest& request) {
  auto task = std::make_shared<Task>();
  task->report = state_->table.add(request, "running");
  task->own_progress.done = task->report.done;
  state_->add(task);
  return std::make_unique<TaskHandle>(
      task, [state = state_.get(), task](std::string_view end_state, TaskOutcome outcome) {
        state->end(task, end_state, std::move(outcome));
      });
}

TaskOutcome Tasks::run(const TaskRequest& request, const Work& work, indexer::Progress& progress) {
  auto task = std::make_shared<Task>();
  try {
    task->report = state_->table.add(request, "running");
  } catch (const replica::sqlite::Error& error) {
    if (!error.is_refused() && !error.is_disk_full()) throw;
    TaskReport unlisted;
    unlisted.kind = request.kind;
    unlisted.account = request.account;
    return work(unlisted, progress);
  }
  task->progress = &progress;
  state_->add(task);
  try {
    TaskOutcome outcome = work(task->report, progress);
    state_->end(task, "done", outcome);
    return outcome;
  } catch (const indexer::Cancelled&) {
    state_->end(task, "cancelled", {"cancelled"});
    throw;
  } catch (const std::exception& error) {
    state_->end(task, "failed", {error.what()});
    throw;
  }
}

std::vector<TaskRequest> Tasks::unfinished(std::string_view kind) const {
  std::vector<TaskRequest> requests;
  for (auto& report : state_->table.unfinished()) {
    if (report.kind == kind)
      requests.push_back(
          {std::move(report.kind), std::move(report.account), std::move(report.arguments)});
  }
  return requests;
}

std::optional<TaskReport> Tasks::find(std::string_view id) const {
  {
    const std::lock_guard lock(state_->mutex);
    for (const auto& task : state_->tasks) {
      if (task->report.id == id) return task->snapshot();
    }
  }
  return state_->table.find(id);
}

std::vector<TaskReport> Tasks::list() const {
  auto reports = state_->table.list();
  const std::lock_guard lock(state_->mutex);
  for (auto& report : reports) {
    const auto task = std::find_if(state_->tasks.begin(), state_->tasks.end(),
                                   [&](const auto& each) { return each->report.id == report.id; });
    if (task != state_->tasks.end()) report = (*task)->snapshot();
  }
  return reports;
}

std::vector<TaskReport> Tasks::active() const {
  std::vector<TaskReport> reports;
  const std::lock_guard lock(state_->mutex);
  for (const auto& task : state_->tasks) {
    if (!task->report.has_ended()) reports.push_back(task->snapshot());
  }
  return reports;
}

bool Tasks::cancel(std::string_view id) {
  if (!state_->table.ask_to_cancel(id)) return false;
  state_->cancel_requested();
  return true;
}

}  // namespace api
