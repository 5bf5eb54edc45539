// Examines accounts: the running server does where there is one, else this process.
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "api/admin_client.hpp"
#include "api/commands.hpp"
#include "api/metrics.hpp"
#include "api/replication.hpp"
#include "api/task_kinds.hpp"
#include "api/terminal.hpp"
#include "api/watched.hpp"

namespace api {
namespace {

TaskReport examine_here(const TaskRequest& request, const Config& config) {
  Metrics metrics;
  Accounts accounts(config, replica::sqlite::Access::kReadWrite);
  Tasks tasks(config.data_dir / "davenport.db");
  Replication replication(config, accounts, metrics);
  const auto kinds = task_kinds(config, accounts, &replication);
  const auto outcome = watched("doctor", [&](indexer::Progress& progress) {
    return tasks.run(request, kinds.find(request.kind)->second, progress);
  });
  TaskReport report;
  report.outcome = outcome.line;
  report.problems = outcome.problems;
  return report;
}

TaskReport examine_at_server(const AdminClient& server, const TaskRequest& request) {
  ProgressLine line;
  const auto target = fmt::format("/v1/admin/accounts/{}/doctor", request.account);
  return server.run_task(target, request.arguments, [&](const TaskReport& task) {
    line.show(fmt::format("doctor: {}", progress_in_words(task)));
  });
}

}  // namespace

int run(const DoctorCommand& command, const CommandLine&, const Config& config) {
  const nlohmann::json arguments = {
      {"source", command.source}, {"repair", command.repair}, {"json", command.json}};
  const AdminClient server(config.data_dir);
  std::vector<std::string> reports;
  int worst = kDone;
  for (const auto& name : accounts_meant(command.account, command.all, config)) {
    const TaskRequest request{"doctor", name, arguments.dump()};
    auto task =
        server.is_served() ? examine_at_server(server, request) : examine_here(request, config);
    if (command.json) {
      reports.push_back(task.outcome);
      if (!task.problems.empty()) worst = kDoneButSomeRefused;
      continue;
    }
    task.outcome = fmt::format("{}: {}", name, for_terminal(task.outcome));
    worst = std::max(worst, finish(task));
  }
  if (!command.json) return worst;
  print(command.all ? fmt::format("{{\"accounts\":[{}]}}\n", fmt::join(reports, ","))
                    : reports.front() + "\n");
  return worst;
}

}  // namespace api
