// Runs tasks: long work that somebody asked for, and may want to watch or to cancel. They are kept in davenport.db; what a
// server did not bring to its end, the next one goes on with.
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

// Of the entries a second that a reindex may be held to.
inline constexpr std::int64_t kMaxRate = 1'000'000;

// Arguments of a reindex that nobody asked for: of an account whose lists and index are of other rules than the program's.
inline constexpr std::string_view kUnaskedReindex = R"({"unasked":true})";

// What a piece of work came to, when it was done.
struct TaskOutcome {
  TaskOutcome(std::string outcome_line, std::vector<std::string> what_was_refused = {})
      : line(std::move(outcome_line)), problems(std::move(what_was_refused)) {}
  std::string line;
  std::vector<std::string> problems;
};

// Thrown by work that is to wait until there is room: it is tried again by and by.
struct WaitsForRoom : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Any thread.
class Tasks {
 public:
  // Called again with the same task when an earlier process was stopped or killed in it. indexer::Cancelled and other exceptions
  // become the states cancelled and failed.
  using Work = std::function<TaskOutcome(const TaskReport& task, indexer::Progress&)>;
  using Kinds = std::map<std::string, Work, std::less<>>;
  using Listener = std::function<void(const TaskReport&)>;

  // `changed` hears of every task of this process when its state or its progress has changed; it may be null. `disk`, where
  // there is one, is asked before tasks begin, and told when one ends for want of room: that one goes on later.
  explicit Tasks(std::filesystem::path davenport_db, Listener changed = {},
                 DiskSpace* disk = nullptr);
  ~Tasks();  // stops

  // From now on runs what is started, at SCHED_IDLE: a few at once, those of one account one after another. Begins with what
  // earlier processes left. A kind without work is begun by somebody else (`begin`), also when it was left.
  void serve(Kinds kinds);
  // Stops what runs: the next process goes on with it. `run` must not be under way.
  void stop();
  void stop_soon();  // the same, without waiting for its end

  // Throws replica::sqlite::Error. The task's id.
  std::string start(const TaskRequest& request);
  // Does the work here and now, as a task that others see. Throws what it throws.
  TaskOutcome run(const TaskRequest& request, const Work& work, indexer::Progress& progress);

  // Work that its caller does, listed until this ends; without `finish` it counts as cancelled.
  class Own {
   public:
    virtual ~Own() = default;
    virtual indexer::Progress& progress() = 0;
    virtual void finish(std::string_view state, TaskOutcome outcome) = 0;
  };
  // One that was left goes on, with what was done of it.
  [[nodiscard]] std::unique_ptr<Own> begin(const TaskRequest& request);
  // What was left of that kind, each of which `begin` takes over.
  [[nodiscard]] std::vector<TaskRequest> left(std::string_view kind) const;

  [[nodiscard]] std::optional<TaskReport> find(std::string_view id) const;
  [[nodiscard]] std::vector<TaskReport> list() const;  // newest first
  [[nodiscard]] std::vector<TaskReport> active()
      const;  // those of this process that have not ended
  bool cancel(std::string_view id);  // false when there is no such task that could be

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace api
