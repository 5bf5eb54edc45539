// The tasks in davenport.db: long work of every davenport process on this data folder, what became
// of it, and what was asked of it. Who runs a task writes how far it is; anybody may read that, and
// ask for its end.
//
// Any thread, any process. Throws replica::sqlite::Error.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "replica/sqlite.hpp"

namespace api {

// What a task is to do.
struct TaskRequest {
  // "reindex", "compact", "import", "export", "doctor", "backup", "sync", "first-sync".
  std::string kind;
  std::string account;
  std::string arguments = "{}";  // JSON, by kind
};

// A task as it is reported ("task" of the design).
struct TaskReport {
  std::string id;
  std::string kind;
  std::string account;
  // Queued (or left by a process that is gone), running, done, failed, cancelled.
  std::string state;
  std::int64_t done = 0;
  std::int64_t of = 0;
  std::optional<std::int64_t> seconds_left;
  std::string outcome;  // one line, once it ended
  // What it refused, quarantined or found, each with its reason; the first 100.
  std::vector<std::string> problems;
  std::string arguments = "{}";
  std::chrono::sys_seconds created{};
  std::optional<std::chrono::sys_seconds> started, ended;

  [[nodiscard]] bool has_ended() const { return state != "queued" && state != "running"; }
};

class TaskTable {
 public:
  // `file` is davenport.db; kReadWrite creates it.
  TaskTable(std::filesystem::path file, replica::sqlite::Access access);

  // Adds a task that this object owns; the report has its id. If the same task was left unfinished
  // by a process that is gone (or by this one before a reload), that row is taken over instead.
  TaskReport add(const TaskRequest& request, std::string_view state);
  void write(const TaskReport& report);  // its state, progress and outcome
  // Asks the process that runs the task to cancel it. False when there is no such task, or it has
  // ended.
  bool ask_to_cancel(std::string_view id);

  [[nodiscard]] std::optional<TaskReport> find(std::string_view id) const;
  [[nodiscard]] std::vector<TaskReport> list() const;  // newest first
  // Ids of this process's tasks that are to be cancelled.
  [[nodiscard]] std::vector<std::string> to_cancel() const;
  // Unfinished tasks of processes that are gone, or of this one before a reload; oldest first.
  [[nodiscard]] std::vector<TaskReport> unfinished() const;
  // Takes over a task of `unfinished()`.
  void adopt(TaskReport& left);

 private:
  // Null while there is no file to read.
  [[nodiscard]] replica::sqlite::Connection* open() const;
  [[nodiscard]] std::vector<TaskReport> select(std::string_view condition) const;
  [[nodiscard]] std::vector<TaskReport> unfinished_with_lock() const;
  [[nodiscard]] std::string runner_of(std::string_view id) const;

  const std::filesystem::path file_;
  const replica::sqlite::Access access_;
  const std::string runner_;  // names this process: number and start time
  mutable std::mutex mutex_;
  mutable std::optional<replica::sqlite::Connection> connection_;
  std::set<std::string, std::less<>> own_;  // ids
};

}  // namespace api
