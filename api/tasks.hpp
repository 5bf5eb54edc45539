// Long work that somebody asked for and may want to watch or cancel: reindex, import, sync.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "indexer/account.hpp"

namespace api {

// A task as it is reported ("task" of the design).
struct TaskReport {
  std::string id;
  std::string kind;  // "reindex", "import", "sync"
  std::string account;
  std::string state;  // queued, running, done, failed, cancelled
  std::int64_t done = 0;
  std::int64_t of = 0;
  std::optional<std::int64_t> seconds_left;
  std::string outcome;  // one line, once it ended
  std::vector<std::string> problems =
      {};  // what it refused or quarantined, each with its reason; the first 100
};

// What a piece of work came to, when it was done.
struct TaskOutcome {
  TaskOutcome(std::string outcome_line, std::vector<std::string> what_was_refused = {})
      : line(std::move(outcome_line)), problems(std::move(what_was_refused)) {}
  std::string line;
  std::vector<std::string> problems;
};

// Runs tasks one after another on a thread of its own at SCHED_IDLE; the newest 100 that ended stay listed. Any thread.
class Tasks {
 public:
  // indexer::Cancelled and other exceptions become the states cancelled and failed.
  using Work = std::function<TaskOutcome(indexer::Progress&)>;

  Tasks();
  ~Tasks();  // cancels what runs and waits for it

  std::string start(std::string kind, std::string account, Work work);  // the task's id
  [[nodiscard]] std::optional<TaskReport> find(std::string_view id) const;
  [[nodiscard]] std::vector<TaskReport> list() const;  // newest first
  bool cancel(std::string_view id);  // false when there is no such task

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace api
