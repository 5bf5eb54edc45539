// Runs tasks: long work that users ask for and can watch or cancel. Tasks are kept in davenport.db;
// the next server goes on with unfinished ones.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/disk_space.hpp"
#include "api/task_table.hpp"
#include "indexer/progress.hpp"

namespace api {

// The highest rate limit of a reindex, in entries per second.
inline constexpr std::int64_t kMaxRate = 1'000'000;

// Arguments of a reindex that davenport starts by itself: lists and index follow other rules than
// the program and its configuration, or the index is damaged.
inline constexpr std::string_view kReindexForRules = R"({"unasked":"rules"})";
inline constexpr std::string_view kReindexForDamage = R"({"unasked":"damage"})";

// The outcome of a task that is done: a line for people, and problems such as refused documents.
struct TaskOutcome {
  TaskOutcome(std::string outcome_line, std::vector<std::string> what_was_refused = {})
      : line(std::move(outcome_line)), problems(std::move(what_was_refused)) {}
  std::string line;
  std::vector<std::string> problems;
};

// Thrown by work that has to wait for disk space: it is tried again later.
struct WaitsForRoom : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Any thread.
class Tasks {
 public:
  // Called again with the same task when an earlier process was stopped or killed during it.
  // indexer::Cancelled leads to the state cancelled, another exception to failed.
  using Work = std::function<TaskOutcome(const TaskReport& task, indexer::Progress&)>;
  using Kinds = std::map<std::string, Work, std::less<>>;
  using Listener = std::function<void(const TaskReport&)>;

  // `changed` is called for each task of this process whose state or progress has changed; it may
  // be null. `disk`, which may be null too, is asked before tasks begin and told when one fails for
  // lack of space; that task goes on later.
  explicit Tasks(std::filesystem::path davenport_db, Listener changed = {},
                 DiskSpace* disk = nullptr);
  ~Tasks();  // stops

  // From now on runs tasks that are started, as bulk work: a few at once, those of one account one
  // after another. Begins with tasks that earlier processes left. A kind with null work is run by
  // its owner through `begin`, also when it was left.
  void serve(Kinds kinds);
  // Stops running tasks, which the next process goes on with. `run` must not be under way.
  void stop();
  void stop_soon();  // the same, without waiting for its end

  // Throws replica::sqlite::Error. The task's id.
  std::string start(const TaskRequest& request);
  // Does the work on the calling thread, listed as a task where davenport.db can be written (what only
  // reads, as an export, works on a read-only or full disk too). Throws what the work throws.
  TaskOutcome run(const TaskRequest& request, const Work& work, indexer::Progress& progress);

  // A task whose work the caller does; listed until `finish`. Destroyed without it, the task counts
  // as cancelled.
  class Handle {
   public:
    virtual ~Handle() = default;
    virtual indexer::Progress& progress() = 0;
    virtual void finish(std::string_view state, TaskOutcome outcome) = 0;
  };
  // Takes over an unfinished task of the same kind and account, with its progress, if there is one.
  [[nodiscard]] std::unique_ptr<Handle> begin(const TaskRequest& request);
  // Unfinished tasks of that kind that `begin` can take over.
  [[nodiscard]] std::vector<TaskRequest> unfinished(std::string_view kind) const;

  [[nodiscard]] std::optional<TaskReport> find(std::string_view id) const;
  [[nodiscard]] std::vector<TaskReport> list() const;  // newest first
  // Tasks of this process that have not ended.
  [[nodiscard]] std::vector<TaskReport> active() const;
  bool cancel(std::string_view id);  // false when there is no such task, or it has ended

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace api
