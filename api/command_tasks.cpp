#include "api/command_tasks.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/command_support.hpp"
#include "api/data_folder.hpp"
#include "api/progress_watcher.hpp"
#include "api/task_kinds.hpp"
#include "api/terminal.hpp"

namespace api {
namespace {

std::string task_route(const TaskRequest& request) {
  return fmt::format("/v1/admin/accounts/{}/{}", request.account, request.kind);
}

// Prints which task the server made of it.
int start_at_server(const AdminClient& server, const TaskRequest& request) {
  const auto task =
      nlohmann::json::parse(server.request("POST", task_route(request), request.arguments));
  print(fmt::format("task {0}: {1} of {2} is {3}; davenport task show {0} tells how far it is\n",
                    task.value("id", ""), request.kind, request.account, task.value("state", "")));
  return kDone;
}

}  // namespace

int run_task(const TaskRequest& request, TaskMode mode, const Config& config,
             std::string_view before) {
  const AdminClient server(config.data_dir);
  TaskReport task;
  if (!server.is_served()) {
    Accounts accounts(config, replica::sqlite::Access::kReadWrite);
    task = run_task_here(request, config, accounts, nullptr);
  } else if (mode == TaskMode::kAwaited) {
    task = run_task_at_server(server, request);
  } else {
    return start_at_server(server, request);
  }
  task.outcome.insert(0, before);
  return print_outcome(task);
}

int run_task_for_accounts(TaskRequest request, TaskMode mode, const Config& config) {
  if (!request.account.empty()) {
    require_account(request.account, config);
    return run_task(request, mode, config);
  }
  int worst = kDone;
  bool has_failed = false;
  for (const auto& name : all_accounts(config)) {
    request.account = name;
    try {
      worst = std::max(worst, run_task(request, mode, config, name + ": "));
    } catch (const indexer::Cancelled&) {
      throw;
    } catch (const std::exception& error) {
      fmt::print(stderr, "davenport: {}: {}\n", name, for_terminal(error.what()));
      has_failed = true;
    }
  }
  return has_failed ? kFailed : worst;
}

TaskReport run_task_at_server(const AdminClient& server, const TaskRequest& request) {
  ProgressLine line;
  std::string told;
  int times_queued = 0;
  return server.run_task(task_route(request), request.arguments, [&](const TaskReport& task) {
    if (task.state == "queued" && task.outcome != told) {
      told = task.outcome;  // "waits for room: …"
      fmt::print(stderr, "davenport: {}: {}\n", request.kind, for_terminal(told));
    }
    // Not at once: most tasks wait for a moment only.
    if (task.state == "queued" && task.outcome.empty() && ++times_queued == 2) {
      fmt::print(stderr, "davenport: {}: waits for other tasks (davenport task list)\n",
                 request.kind);
    }
    line.show(fmt::format("{}: {}", request.kind,
                          task.state == "queued" ? "queued" : progress_in_words(task)));
  });
}

TaskReport run_task_here(const TaskRequest& request, const Config& config, Accounts& accounts,
                         Replication* replication) {
  Tasks tasks(davenport_db_file(config.data_dir));
  const auto kinds = task_kinds(config, accounts, replication);
  auto outcome = with_progress(request.kind.c_str(), [&](indexer::Progress& progress) {
    return tasks.run(request, kinds.find(request.kind)->second, progress);
  });
  TaskReport report;
  report.outcome = std::move(outcome.line);
  report.problems = std::move(outcome.problems);
  return report;
}

int print_outcome(const TaskReport& task) {
  print(task.outcome + "\n");
  for (const std::string& problem : task.problems)
    fmt::print(stderr, "davenport: {}\n", for_terminal(problem));
  return task.problems.empty() ? kDone : kDoneButSomeRefused;
}

std::string progress_in_words(const TaskReport& task) {
  if (task.of == 0) return fmt::format("{} done", task.done);
  const std::string left =
      task.seconds_left
          ? fmt::format(", {} left", in_words(std::chrono::seconds(*task.seconds_left)))
          : "";
  return fmt::format("{} of {}{}", task.done, task.of, left);
}

}  // namespace api
