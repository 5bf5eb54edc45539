// Long work: done by the running server where there is one, else here.
#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/admin_client.hpp"
#include "api/commands.hpp"
#include "api/render.hpp"
#include "api/task_kinds.hpp"
#include "api/terminal.hpp"
#include "api/watched.hpp"
#include "indexer/query.hpp"

namespace api {
namespace {

using nlohmann::json;

std::filesystem::path davenport_db(const Config& config) {
  return config.data_dir / "davenport.db";
}

int run_here(const TaskRequest& request, const Config& config, std::string_view before) {
  Accounts accounts(config, replica::sqlite::Access::kReadWrite);
  Tasks tasks(davenport_db(config));
  const auto kinds = task_kinds(config, accounts, nullptr);
  const auto outcome = watched(request.kind.c_str(), [&](indexer::Progress& progress) {
    return tasks.run(request, kinds.find(request.kind)->second, progress);
  });
  TaskReport report;
  report.outcome = fmt::format("{}{}", before, outcome.line);
  report.problems = outcome.problems;
  return finish(report);
}

// Where all accounts were asked for, each line says whose it is.
std::string named_among_all(const std::string& account, bool all) {
  return all ? account + ": " : "";
}

std::string task_line(const TaskReport& task, bool is_served) {
  const std::string outcome = task.outcome.empty() ? "" : ": " + for_terminal(task.outcome);
  const std::string progress =
      task.state == "running"                ? fmt::format(", {}", progress_in_words(task))
      : task.state == "queued" && !is_served ? ", to go on when a server runs"
                                             : "";
  return fmt::format("{:>6}  {} of {}, {}{}{}\n", task.id, task.kind, task.account, task.state,
                     progress, outcome);
}

}  // namespace

std::vector<std::string> accounts_meant(const std::string& account, bool all,
                                        const Config& config) {
  auto names = Accounts(config, replica::sqlite::Access::kReadOnly).names();
  if (all) return names;
  if (!std::binary_search(names.begin(), names.end(), account))
    throw std::runtime_error(fmt::format("unknown account '{}'", for_terminal(account)));
  return {account};
}

std::string progress_in_words(const TaskReport& task) {
  if (task.of == 0) return fmt::format("{} done", task.done);
  const std::string left =
      task.seconds_left
          ? fmt::format(", {} left", in_words(std::chrono::seconds(*task.seconds_left)))
          : "";
  return fmt::format("{} of {}{}", task.done, task.of, left);
}

int run_task(const TaskRequest& request, bool wait, const Config& config, std::string_view before) {
  const AdminClient server(config.data_dir);
  if (!server.is_served()) return run_here(request, config, before);
  const auto target = fmt::format("/v1/admin/accounts/{}/{}", request.account, request.kind);
  if (!wait) {
    const auto task = json::parse(server.request("POST", target, request.arguments));
    print(fmt::format("task {}: {} of {} is {}; davenport task show {} tells how far it is\n",
                      task.value("id", ""), request.kind, request.account, task.value("state", ""),
                      task.value("id", "")));
    return kDone;
  }
  TaskReport task;
  {
    ProgressLine line;
    task = server.run_task(target, request.arguments, [&](const TaskReport& state) {
      line.show(state.state == "queued"
                    ? fmt::format("{}: queued", request.kind)
                    : fmt::format("{}: {}", request.kind, progress_in_words(state)));
    });
  }
  task.outcome.insert(0, before);
  return finish(task);
}

int finish(const TaskReport& task) {
  print(task.outcome + "\n");
  for (const std::string& problem : task.problems)
    fmt::print(stderr, "davenport: {}\n", for_terminal(problem));
  return task.problems.empty() ? kDone : kDoneButSomeRefused;
}

int run(const ReindexCommand& command, const CommandLine&, const Config& config) {
  json arguments = json::object();
  if (!command.query.empty()) {
    const auto query = indexer::parse_query(command.query);
    if (!query) refuse_query(query.error());
    arguments["query"] = command.query;
  }
  if (command.failed) arguments["failed"] = true;
  if (command.rate > 0) arguments["rate"] = command.rate;
  int worst = kDone;
  for (const auto& name : accounts_meant(command.account, command.all, config))
    worst = std::max(worst, run_task({"reindex", name, arguments.dump()}, command.wait, config,
                                     named_among_all(name, command.all)));
  return worst;
}

int run(const CompactCommand& command, const CommandLine&, const Config& config) {
  int worst = kDone;
  for (const auto& name : accounts_meant(command.account, command.all, config))
    worst = std::max(worst, run_task({"compact", name}, command.wait, config,
                                     named_among_all(name, command.all)));
  return worst;
}

int run(const BackupCommand& command, const CommandLine&, const Config& config) {
  if (command.folder.empty())
    throw std::runtime_error("name the folder that the backup is to be written to");
  const json arguments = {{"to", std::filesystem::absolute(command.folder).string()}};
  const auto names = accounts_meant(command.account, false, config);
  return run_task({"backup", names.front(), arguments.dump()}, true, config);
}

int run(const TaskCommand& command, const CommandLine&, const Config& config) {
  using replica::sqlite::Access;
  const bool is_served = AdminClient(config.data_dir).is_served();
  if (command.action == TaskCommand::Action::kList) {
    const auto tasks = TaskTable(davenport_db(config), Access::kReadOnly).list();
    if (command.json) {
      print(render_tasks(tasks) + "\n");
      return kDone;
    }
    std::string lines;
    for (const auto& task : tasks) lines += task_line(task, is_served);
    print(lines.empty() ? "no tasks\n" : lines);
    return kDone;
  }
  const bool cancels = command.action == TaskCommand::Action::kCancel;
  TaskTable table(davenport_db(config), cancels ? Access::kReadWrite : Access::kReadOnly);
  const auto task = table.find(command.id);
  if (!task)
    throw std::runtime_error(
        fmt::format("there is no task '{}': davenport task list has those there are",
                    for_terminal(command.id)));
  if (!cancels) {
    print(command.json ? render_task(*task) + "\n" : task_line(*task, is_served));
    for (const auto& problem : task->problems)
      if (!command.json) print(fmt::format("        {}\n", for_terminal(problem)));
    return kDone;
  }
  if (task->kind == "first-sync" && !task->has_ended()) {
    throw std::runtime_error(
        fmt::format("a first sync goes on until all is here: davenport account pause {} stops it",
                    task->account));
  }
  if (!table.ask_to_cancel(command.id))
    throw std::runtime_error(fmt::format("task {} has ended: {}", task->id, task->state));
  print(fmt::format("task {}: asked to end\n", task->id));
  return kDone;
}

}  // namespace api
