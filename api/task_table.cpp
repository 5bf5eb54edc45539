#include "api/task_table.hpp"

#include <charconv>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "api/clock.hpp"
#include "api/davenport_db.hpp"

namespace api {
namespace {

namespace sqlite = replica::sqlite;
using std::chrono::sys_seconds;

constexpr int kEndedTasksKept = 100;
constexpr std::string_view kTaskColumns =
    "SELECT number, kind, account, state, done, total, seconds_left, outcome, problems, arguments, "
    "created, started, ended, runner FROM task ";

// "<pid> <when it started>": a number may be another process's by now. Empty when there is no such
// process.
std::string process_named(int pid) {
  std::ifstream in(fmt::format("/proc/{}/stat", pid));
  std::string stat;
  std::getline(in, stat);
  // "pid (name) state …": the name may hold anything; the 20th word after it is the start, in clock
  // ticks since boot.
  auto at = stat.rfind(')');
  if (at == std::string::npos) return "";
  if (std::string_view(stat).substr(at).starts_with(") Z"))
    return "";  // it ended, and only its parent does not know yet
  for (int word = 0; word < 20 && at != std::string::npos; ++word) at = stat.find(' ', at + 1);
  if (at == std::string::npos) return "";
  return fmt::format("{} {}", pid, stat.substr(at + 1, stat.find(' ', at + 1) - at - 1));
}

bool is_running(std::string_view runner) {
  int pid = 0;
  std::from_chars(runner.data(), runner.data() + runner.size(), pid);
  return pid > 0 && process_named(pid) == runner;
}

std::optional<std::int64_t> number_of(std::string_view id) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (error != std::errc{} || end != id.data() + id.size()) return std::nullopt;
  return number;
}

std::int64_t seconds(sys_seconds time) { return time.time_since_epoch().count(); }

std::optional<std::int64_t> seconds(const std::optional<sys_seconds>& time) {
  return time ? std::optional(seconds(*time)) : std::nullopt;
}

std::optional<sys_seconds> time_of(const sqlite::Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return sys_seconds(std::chrono::seconds(row.integer(column)));
}

TaskReport report_of(const sqlite::Statement& row) {
  TaskReport report;
  report.id = std::to_string(row.integer(0));
  report.kind = row.text(1);
  report.account = row.text(2);
  report.state = row.text(3);
  report.done = row.integer(4);
  report.of = row.integer(5);
  if (!row.is_null(6)) report.seconds_left = row.integer(6);
  report.outcome = row.text(7);
  const auto problems = nlohmann::json::parse(row.text(8), nullptr, false);
  if (problems.is_array()) {
    for (const auto& problem : problems) {
      if (problem.is_string()) report.problems.push_back(problem.get<std::string>());
    }
  }
  report.arguments = row.text(9);
  report.created = sys_seconds(std::chrono::seconds(row.integer(10)));
  report.started = time_of(row, 11);
  report.ended = time_of(row, 12);
  // Whoever had it is gone: it waits for a server that goes on with it.
  if (report.state == "running" && !is_running(row.text(13))) report.state = "queued";
  return report;
}

}  // namespace

TaskTable::TaskTable(std::filesystem::path file, sqlite::Access access)
    : file_(std::move(file)), access_(access), runner_(process_named(::getpid())) {}

sqlite::Connection* TaskTable::open() const {
  if (!connection_) connection_ = open_davenport_db(file_, access_);
  return connection_ ? &*connection_ : nullptr;
}

TaskReport TaskTable::add(const TaskRequest& request, std::string_view state) {
  const auto now = current_time();
  TaskReport report;
  report.kind = request.kind;
  report.account = request.account;
  report.arguments = request.arguments;
  report.created = now;
  const std::lock_guard lock(mutex_);
  sqlite::Connection& connection = *open();
  sqlite::Transaction transaction(connection);
  for (auto& left : unfinished_with_lock()) {
    if (left.kind == request.kind && left.account == request.account &&
        left.arguments == request.arguments)
      report = std::move(left);
  }
  report.state = state;
  if (state == "running") report.started = now;
  auto insert = connection.prepare(
      "INSERT OR REPLACE INTO task (number, kind, account, arguments, state, created, started, "
      "runner) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  insert
      .bind(number_of(report.id), report.kind, report.account, report.arguments, report.state,
            seconds(report.created), seconds(report.started), runner_)
      .run();
  report.id = std::to_string(connection.last_insert_rowid());
  own_.insert(report.id);
  auto forget = connection.prepare(
      "DELETE FROM task WHERE number IN (SELECT number FROM task WHERE ended IS NOT NULL ORDER BY "
      "ended DESC, number DESC LIMIT -1 OFFSET ?)");
  forget.bind(kEndedTasksKept).run();
  transaction.commit();
  return report;
}

void TaskTable::write(const TaskReport& report) {
  const std::string problems = nlohmann::json(report.problems)
                                   .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  const std::lock_guard lock(mutex_);
  auto update = open()->prepare(
      "UPDATE task SET state = ?, done = ?, total = ?, seconds_left = ?, outcome = ?, problems = "
      "?, "
      "started = ?, ended = ? WHERE number = ?");
  update
      .bind(report.state, report.done, report.of, report.seconds_left, report.outcome, problems,
            seconds(report.started), seconds(report.ended), number_of(report.id))
      .run();
}

bool TaskTable::ask_to_cancel(std::string_view id) {
  const std::lock_guard lock(mutex_);
  auto* const connection = open();
  if (connection == nullptr) return false;
  auto update = connection->prepare(
      "UPDATE task SET cancel = 1 WHERE number = ? AND state IN ('queued', 'running')");
  update.bind(number_of(id)).run();
  return connection->changes() > 0;
}

std::vector<TaskReport> TaskTable::select(std::string_view condition) const {
  std::vector<TaskReport> reports;
  const auto* const connection = open();
  if (connection == nullptr) return reports;
  auto rows = connection->prepare(std::string(kTaskColumns) + std::string(condition));
  rows.bind();
  while (rows.step()) reports.push_back(report_of(rows));
  return reports;
}

std::optional<TaskReport> TaskTable::find(std::string_view id) const {
  const auto number = number_of(id);
  if (!number) return std::nullopt;
  const std::lock_guard lock(mutex_);
  auto found = select(fmt::format("WHERE number = {}", *number));
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::vector<TaskReport> TaskTable::list() const {
  const std::lock_guard lock(mutex_);
  return select("ORDER BY number DESC");
}

std::vector<std::string> TaskTable::to_cancel() const {
  std::vector<std::string> ids;
  const std::lock_guard lock(mutex_);
  const auto* const connection = open();
  if (connection == nullptr) return ids;
  auto rows = connection->prepare(
      "SELECT number FROM task WHERE cancel = 1 AND state IN ('queued', 'running') AND runner = ?");
  rows.bind(runner_);
  while (rows.step()) ids.push_back(std::to_string(rows.integer(0)));
  return ids;
}

std::vector<TaskReport> TaskTable::unfinished() const {
  const std::lock_guard lock(mutex_);
  return unfinished_with_lock();
}

std::vector<TaskReport> TaskTable::unfinished_with_lock() const {
  auto reports = select("WHERE state IN ('queued', 'running') ORDER BY number");
  std::erase_if(reports, [this](const TaskReport& report) {
    if (own_.contains(report.id)) return true;
    const auto runner = runner_of(report.id);
    return runner != runner_ && is_running(runner);
  });
  return reports;
}

std::string TaskTable::runner_of(std::string_view id) const {
  auto row = open()->prepare("SELECT runner FROM task WHERE number = ?");
  return row.bind(number_of(id)).step() ? std::string(row.text(0)) : "";
}

void TaskTable::adopt(TaskReport& left) {
  const std::lock_guard lock(mutex_);
  auto adopt = open()->prepare("UPDATE task SET runner = ?, state = 'queued' WHERE number = ?");
  adopt.bind(runner_, number_of(left.id)).run();
  own_.insert(left.id);
  left.state = "queued";
}

}  // namespace api
