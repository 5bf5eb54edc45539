// Long work: done by the running server where there is one, else here.
#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/admin_client.hpp"
#include "api/clock.hpp"
#include "api/command_support.hpp"
#include "api/command_tasks.hpp"
#include "api/commands.hpp"
#include "api/data_folder.hpp"
#include "api/render.hpp"
#include "api/status_lines.hpp"
#include "api/terminal.hpp"
#include "indexer/query.hpp"

namespace api {
namespace {

using nlohmann::json;
using replica::sqlite::Access;

std::string task_line(const TaskReport& task, bool is_served) {
  const std::string outcome =
      task.outcome.empty() ? "" : ": " + for_terminal(outcome_in_words(task.outcome));
  const std::string progress =
      task.state == "running"                ? fmt::format(", {}", progress_in_words(task))
      : task.state == "queued" && !is_served ? ", to go on when a server runs"
                                             : "";
  return fmt::format("{:>6}  {} of {}, {}{}{}\n", task.id, task.kind, task.account, task.state,
                     progress, outcome);
}

int list_tasks(const TaskCommand& command, const Config& config, bool is_served) {
  const auto tasks = TaskTable(davenport_db_file(config.data_dir), Access::kReadOnly).list();
  if (command.json) {
    print(render_tasks(tasks) + "\n");
    return kDone;
  }
  std::string lines;
  for (const auto& task : tasks) lines += task_line(task, is_served);
  print(lines.empty() ? "no tasks\n" : lines);
  return kDone;
}

TaskReport require_task(const TaskTable& table, const std::string& id) {
  if (auto task = table.find(id)) return std::move(*task);
  throw std::runtime_error(fmt::format(
      "there is no task '{}': davenport task list has those there are", for_terminal(id)));
}

int show_task(const TaskCommand& command, const Config& config, bool is_served) {
  const auto task =
      require_task(TaskTable(davenport_db_file(config.data_dir), Access::kReadOnly), command.id);
  if (command.json) {
    print(render_task(task) + "\n");
    return kDone;
  }
  std::string lines = task_line(task, is_served);
  for (const auto& problem : task.problems)
    lines += fmt::format("        {}\n", for_terminal(problem));
  print(lines);
  return kDone;
}

// Ends a task that waits for a server to go on with it. False when it is none.
bool cancel_left(TaskTable& table, const std::string& id, const Config& config) {
  for (auto& left : table.unfinished()) {
    if (left.id != id) continue;
    const auto arguments = json::parse(left.arguments, nullptr, false);
    const bool is_whole = !arguments.contains("query") && !arguments.contains("failed");
    if (left.kind == "reindex" && is_whole) {
      const auto account = Accounts(config, Access::kReadWrite).find(left.account);
      if (account) account->abandon_reindex();
    }
    table.adopt(left);
    left.state = "cancelled";
    left.outcome = "cancelled while no server ran";
    left.ended = current_time();
    table.write(left);
    return true;
  }
  return false;
}

int cancel_task(const TaskCommand& command, const Config& config, bool is_served) {
  TaskTable table(davenport_db_file(config.data_dir), Access::kReadWrite);
  const auto task = require_task(table, command.id);
  if (task.kind == "first-sync" && !task.has_ended()) {
    throw std::runtime_error(
        fmt::format("a first sync goes on until all is here: davenport account pause {} stops it",
                    task.account));
  }
  if (!is_served && cancel_left(table, command.id, config)) {
    print(fmt::format("task {}: cancelled\n", task.id));
    return kDone;
  }
  if (!table.ask_to_cancel(command.id))
    throw std::runtime_error(fmt::format("task {} has ended: {}", task.id, task.state));
  print(fmt::format("task {}: asked to end\n", task.id));
  return kDone;
}

}  // namespace

int run(const ReindexCommand& command, const CommandLine&, const Config& config) {
  json arguments = json::object();
  if (!command.query.empty()) {
    const auto query = indexer::parse_query(command.query);
    if (!query) refuse_query(query.error());
    arguments["query"] = command.query;
  }
  if (command.failed) arguments["failed"] = true;
  if (command.rate > 0) arguments["rate"] = command.rate;
  return run_task_for_accounts({"reindex", command.account, arguments.dump()}, command.mode,
                               config);
}

int run(const CompactCommand& command, const CommandLine&, const Config& config) {
  return run_task_for_accounts({"compact", command.account}, command.mode, config);
}

int run(const BackupCommand& command, const CommandLine&, const Config& config) {
  if (command.folder.empty())
    throw std::runtime_error("name the folder that the backup is to be written to");
  const json arguments = {{"to", std::filesystem::absolute(command.folder).string()}};
  require_account(command.account, config);
  return run_task({"backup", command.account, arguments.dump()}, TaskMode::kAwaited, config);
}

int run(const TaskCommand& command, const CommandLine&, const Config& config) {
  const bool is_served = AdminClient(config.data_dir).is_served();
  switch (command.action) {
    case TaskCommand::Action::kList:
      return list_tasks(command, config, is_served);
    case TaskCommand::Action::kShow:
      return show_task(command, config, is_served);
    case TaskCommand::Action::kCancel:
      break;
  }
  return cancel_task(command, config, is_served);
}

}  // namespace api
