#include "api/tasks.hpp"

#include <algorithm>
#include <thread>

#include "api/active_tasks.hpp"
#include "indexer/account.hpp"
#include "indexer/on_threads.hpp"

namespace api {
namespace {

constexpr std::size_t kAtOnce = 4;

}  // namespace

struct Tasks::State {
  State(std::filesystem::path file, Listener changed, DiskSpace* space)
      : table(std::move(file), replica::sqlite::Access::kReadWrite),
        active(table, std::move(changed)),
        disk(space) {}

  TaskTable table;
  ActiveTasks active;
  DiskSpace* const disk;
  Kinds kinds;  // set before the workers start
  std::vector<std::thread> workers;

  void run_worker();
  [[nodiscard]] bool may_begin(const TaskReport& task) const;
  void perform(const std::shared_ptr<ActiveTask>& task);
  [[nodiscard]] bool lacks_room(const ActiveTask& task, const std::exception& error) const;
};

void Tasks::State::run_worker() {
  const auto may = [this](const TaskReport& task) { return may_begin(task); };
  while (const auto task = active.take_next(may)) {
    perform(task);
    active.wake();  // another of its account may begin
  }
}

bool Tasks::State::may_begin(const TaskReport& task) const {
  return kinds.contains(task.kind) && (disk == nullptr || !disk->is_paused());
}

void Tasks::State::perform(const std::shared_ptr<ActiveTask>& task) {
  const TaskReport report = active.begin(*task);
  const Work& work = kinds.find(report.kind)->second;
  task->progress->is_bulk = true;
  try {
    const auto do_work = [&] { active.end(task, "done", work(report, *task->progress)); };
    indexer::on_threads(1, do_work);
  } catch (const indexer::Cancelled&) {
    task->progress->goes_on_later ? active.suspend(task)
                                  : active.end(task, "cancelled", {"cancelled"});
  } catch (const std::exception& error) {
    if (task->progress->goes_on_later) return active.suspend(task);
    lacks_room(*task, error) ? active.postpone(task, error.what())
                             : active.end(task, "failed", {error.what()});
  }
}

// Whether the task waits for room instead of failing: if it found the disk full while it ran, or has
// waited before. One that checks for room first and finds none fails, so that its caller learns it.
bool Tasks::State::lacks_room(const ActiveTask& task, const std::exception& error) const {
  if (dynamic_cast<const WaitsForRoom*>(&error) != nullptr) return true;
  if (dynamic_cast<const indexer::NoRoom*>(&error) != nullptr) return waits_for_room(task.report);
  return disk != nullptr && disk->note(error);
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
    auto task = std::make_shared<ActiveTask>();
    task->report = std::move(orphan);
    state.active.add(task);
    if (kind == kinds.end()) state.active.end(task, "failed", {"its process ended before it did"});
  }
  std::erase_if(kinds, [](const auto& kind) { return !kind.second; });
  state.kinds = std::move(kinds);
  for (std::size_t i = 0; i < kAtOnce; ++i)
    state.workers.emplace_back([&state] { state.run_worker(); });
}

void Tasks::stop_soon() {
  state_->active.stop();
  indexer::stop_giving_way();
}

void Tasks::stop() {
  stop_soon();
  for (auto& worker : state_->workers) worker.join();
  state_->workers.clear();
  state_->active.join();
}

std::string Tasks::start(const TaskRequest& request) {
  auto task = std::make_shared<ActiveTask>();
  task->report = state_->table.add(request, "queued");
  const std::string id = task->report.id;
  state_->active.add(std::move(task));
  return id;
}

namespace {

class TaskHandle : public Tasks::Handle {
 public:
  using End = std::function<void(std::string_view, TaskOutcome)>;
  TaskHandle(std::shared_ptr<ActiveTask> task, End end)
      : task_(std::move(task)), end_(std::move(end)) {}
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
  std::shared_ptr<ActiveTask> task_;
  End end_;  // null once it ended
};

}  // namespace

std::unique_ptr<Tasks::Handle> Tasks::begin(const TaskRequest& request) {
  auto task = std::make_shared<ActiveTask>();
  task->report = state_->table.add(request, "running");
  task->own_progress.done = task->report.done;
  state_->active.add(task);
  return std::make_unique<TaskHandle>(
      task, [state = state_.get(), task](std::string_view end_state, TaskOutcome outcome) {
        state->active.end(task, end_state, std::move(outcome));
      });
}

TaskOutcome Tasks::run(const TaskRequest& request, const Work& work, indexer::Progress& progress) {
  auto task = std::make_shared<ActiveTask>();
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
  state_->active.add(task);
  try {
    TaskOutcome outcome = work(task->report, progress);
    state_->active.end(task, "done", outcome);
    return outcome;
  } catch (const indexer::Cancelled&) {
    state_->active.end(task, "cancelled", {"cancelled"});
    throw;
  } catch (const std::exception& error) {
    state_->active.end(task, "failed", {error.what()});
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
  auto report = state_->active.find(id);
  return report ? std::move(report) : state_->table.find(id);
}

std::vector<TaskReport> Tasks::list() const {
  auto active = state_->active.reports();  // first: what ends after this is in the table
  auto reports = state_->table.list();
  for (auto& report : reports) {
    const auto found = std::find_if(active.begin(), active.end(),
                                    [&report](const auto& each) { return each.id == report.id; });
    if (found != active.end()) report = std::move(*found);
  }
  return reports;
}

std::vector<TaskReport> Tasks::active() const {
  auto reports = state_->active.reports();
  std::erase_if(reports, [](const TaskReport& report) { return report.has_ended(); });
  return reports;
}

bool Tasks::cancel(std::string_view id) {
  if (!state_->table.ask_to_cancel(id)) return false;
  state_->active.cancel_requested();
  return true;
}

}  // namespace api
