#include "api/tasks.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <sched.h>
#include <spdlog/spdlog.h>
#include <thread>

namespace api {
namespace {

constexpr std::size_t kAtOnce = 4;
constexpr std::size_t kProblemsKept = 100;
constexpr std::chrono::milliseconds kKeepInterval{500};  // between two looks at what was asked
constexpr int kLooksPerWrite = 4;  // of progress, which is a commit
constexpr std::size_t kSamples = 20;  // of progress, by which the rest is reckoned

using Clock = std::chrono::steady_clock;

std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

// How long the rest will take if it goes on as in the last ten seconds.
class RemainingTime {
 public:
  void sample(std::int64_t done) {
    samples_.emplace_back(Clock::now(), done);
    if (samples_.size() > kSamples) samples_.pop_front();
  }
  [[nodiscard]] std::optional<std::int64_t> seconds(std::int64_t rest) const {
    if (samples_.size() < 2 || rest < 0) return std::nullopt;
    const auto& [first_time, first] = samples_.front();
    const auto& [last_time, last] = samples_.back();
    if (last <= first) return std::nullopt;
    const double elapsed = std::chrono::duration<double>(last_time - first_time).count();
    return static_cast<std::int64_t>(elapsed * static_cast<double>(rest) /
                                     static_cast<double>(last - first));
  }

 private:
  std::deque<std::pair<Clock::time_point, std::int64_t>> samples_;
};

// A task of this process that has not ended.
struct Task {
  TaskReport report;  // but its progress
  indexer::Progress own_progress;
  indexer::Progress* progress = &own_progress;
  RemainingTime remaining;

  [[nodiscard]] TaskReport now() const {
    TaskReport shown = report;
    shown.done = progress->done;
    shown.of = progress->of;
    if (report.state == "running") shown.seconds_left = remaining.seconds(shown.of - shown.done);
    return shown;
  }
};

// Bulk work takes only the processor time that nobody else wants (threads that it starts inherit this).
void yield_to_everyone() {
  const sched_param none{};
  sched_setscheduler(0, SCHED_IDLE, &none);
}

}  // namespace

struct Tasks::State {
  State(std::filesystem::path file, Listener listener)
      : table(std::move(file), replica::sqlite::Access::kReadWrite), changed(std::move(listener)) {}

  TaskTable table;
  const Listener changed;
  mutable std::mutex mutex;  // of all below
  std::condition_variable wake;
  Kinds kinds;
  std::deque<std::shared_ptr<Task>> tasks;  // that have not ended, oldest first
  bool stopping = false;
  std::vector<std::thread> workers;
  std::thread keeper;

  void add(std::shared_ptr<Task> task);
  void take_turns();
  [[nodiscard]] std::shared_ptr<Task> next_queued() const;
  void mark_running(Task& task);
  void perform(const std::shared_ptr<Task>& task, const Work& work);
  void end(const std::shared_ptr<Task>& task, std::string_view state, TaskOutcome outcome);
  void keep();
  void look_at_requests();
  void write_progress();
  void write(const TaskReport& report);
};

namespace {

// Those of an account wait for each other.
bool is_busy(const std::deque<std::shared_ptr<Task>>& tasks, const std::string& account) {
  return std::any_of(tasks.begin(), tasks.end(), [&](const auto& task) {
    return task->report.state == "running" && task->report.account == account;
  });
}

}  // namespace

void Tasks::State::write(const TaskReport& report) {
  try {
    table.write(report);
  } catch (const std::exception& error) {
    spdlog::error("task {} ({} of {}): its state cannot be kept: {}", report.id, report.kind,
                  report.account, error.what());
  }
  if (changed) changed(report);
}

void Tasks::State::add(std::shared_ptr<Task> task) {
  if (changed) changed(task->report);
  const std::lock_guard lock(mutex);
  if (!keeper.joinable()) keeper = std::thread([this] { keep(); });
  tasks.push_back(std::move(task));
  wake.notify_all();
}

std::shared_ptr<Task> Tasks::State::next_queued() const {
  for (const auto& task : tasks) {
    if (task->report.state == "queued" && kinds.contains(task->report.kind) &&
        !is_busy(tasks, task->report.account))
      return task;
  }
  return nullptr;
}

void Tasks::State::take_turns() {
  yield_to_everyone();
  std::unique_lock lock(mutex);
  while (!stopping) {
    if (const auto task = next_queued()) {
      const Work& work = kinds.find(task->report.kind)->second;
      mark_running(*task);
      lock.unlock();
      perform(task, work);
      lock.lock();
      wake.notify_all();  // another of its account may begin
    } else {
      wake.wait(lock);
    }
  }
}

// With `mutex` held.
void Tasks::State::mark_running(Task& task) {
  task.report.state = "running";
  task.report.started = now();
}

void Tasks::State::perform(const std::shared_ptr<Task>& task, const Work& work) {
  const TaskReport report = task->now();
  write(report);
  spdlog::info("task {}: {} of {} begins", report.id, report.kind, report.account);
  std::string state = "done";
  TaskOutcome outcome("");
  try {
    outcome = work(report, *task->progress);
  } catch (const indexer::Cancelled&) {
    state = task->progress->goes_on_later ? "queued" : "cancelled";
    outcome.line = task->progress->goes_on_later ? "" : "cancelled";
  } catch (const std::exception& error) {
    state = "failed";
    outcome.line = error.what();
  }
  spdlog::log(state == "failed" ? spdlog::level::err : spdlog::level::info,
              "task {}: {} of {} {}: {}", report.id, report.kind, report.account, state,
              outcome.line);
  end(task, state, std::move(outcome));
}

void Tasks::State::end(const std::shared_ptr<Task>& task, std::string_view state,
                       TaskOutcome outcome) {
  TaskReport report = task->now();
  report.state = state;
  report.seconds_left.reset();
  if (report.has_ended()) report.ended = now();
  report.outcome = std::move(outcome.line);
  report.problems = std::move(outcome.problems);
  report.problems.resize(std::min(report.problems.size(), kProblemsKept));
  write(report);
  const std::lock_guard lock(mutex);
  std::erase(tasks, task);
}

// Tells the table how far tasks are, and hears from it which ones are to end.
void Tasks::State::keep() {
  int looks = 0;
  std::unique_lock lock(mutex);
  while (!stopping) {
    tasks.empty() ? wake.wait(lock) : (void)wake.wait_for(lock, kKeepInterval);
    if (stopping || tasks.empty()) continue;
    for (const auto& task : tasks) task->remaining.sample(task->progress->done);
    lock.unlock();
    look_at_requests();
    if (++looks % kLooksPerWrite == 0) write_progress();
    lock.lock();
  }
}

void Tasks::State::look_at_requests() {
  std::vector<std::string> ids;
  try {
    ids = table.to_cancel();
  } catch (const std::exception& error) {
    spdlog::warn("davenport.db cannot be read: {}", error.what());
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
        task->report.state = "cancelled";  // nobody takes it any more
        waiting = task;
      }
    }
    if (waiting) end(waiting, "cancelled", {"cancelled before it began"});
  }
}

void Tasks::State::write_progress() {
  std::vector<TaskReport> reports;
  {
    const std::lock_guard lock(mutex);
    for (const auto& task : tasks) {
      auto report = task->now();
      if (report.state != "running" || report.done == task->report.done) continue;
      task->report.done = report.done;
      reports.push_back(std::move(report));
    }
  }
  for (const auto& report : reports) write(report);
}

Tasks::Tasks(std::filesystem::path davenport_db, Listener changed)
    : state_(std::make_unique<State>(std::move(davenport_db), std::move(changed))) {}

Tasks::~Tasks() { stop(); }

void Tasks::serve(Kinds kinds) {
  State& state = *state_;
  for (auto& orphan : state.table.adopt_orphans()) {
    auto task = std::make_shared<Task>();
    task->report = std::move(orphan);
    const bool can_go_on = kinds.contains(task->report.kind);
    state.add(task);
    if (!can_go_on) state.end(task, "failed", {"its process ended before it did"});
  }
  const std::lock_guard lock(state.mutex);
  state.kinds = std::move(kinds);
  for (std::size_t i = 0; i < kAtOnce; ++i)
    state.workers.emplace_back([&state] { state.take_turns(); });
}

void Tasks::stop() {
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
  for (auto& worker : state.workers) worker.join();
  state.workers.clear();
  if (state.keeper.joinable()) state.keeper.join();
}

std::string Tasks::start(const TaskRequest& request) {
  auto task = std::make_shared<Task>();
  task->report = state_->table.add(request, "queued");
  const std::string id = task->report.id;
  state_->add(std::move(task));
  return id;
}

namespace {

class OwnTask : public Tasks::Own {
 public:
  using End = std::function<void(std::string_view, TaskOutcome)>;
  OwnTask(std::shared_ptr<Task> task, End end) : task_(std::move(task)), end_(std::move(end)) {}
  OwnTask(const OwnTask&) = delete;
  OwnTask& operator=(const OwnTask&) = delete;
  ~OwnTask() override { finish("cancelled", {"cancelled"}); }

  indexer::Progress& progress() override { return *task_->progress; }
  void finish(std::string_view state, TaskOutcome outcome) override {
    if (auto end = std::exchange(end_, {})) end(state, std::move(outcome));
  }

 private:
  std::shared_ptr<Task> task_;
  End end_;  // null once it ended
};

}  // namespace

std::unique_ptr<Tasks::Own> Tasks::begin(const TaskRequest& request) {
  auto task = std::make_shared<Task>();
  task->report = state_->table.add(request, "running");
  state_->add(task);
  return std::make_unique<OwnTask>(
      task, [state = state_.get(), task](std::string_view end_state, TaskOutcome outcome) {
        state->end(task, end_state, std::move(outcome));
      });
}

TaskOutcome Tasks::run(const TaskRequest& request, const Work& work, indexer::Progress& progress) {
  auto task = std::make_shared<Task>();
  task->report = state_->table.add(request, "running");
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

std::optional<TaskReport> Tasks::find(std::string_view id) const {
  {
    const std::lock_guard lock(state_->mutex);
    for (const auto& task : state_->tasks) {
      if (task->report.id == id) return task->now();
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
    if (task != state_->tasks.end()) report = (*task)->now();
  }
  return reports;
}

bool Tasks::cancel(std::string_view id) {
  if (!state_->table.ask_to_cancel(id)) return false;
  state_->look_at_requests();
  return true;
}

}  // namespace api
