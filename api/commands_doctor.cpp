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

// What the doctor says of a local account whose source was asked for.
void add_note_of_local(TaskReport& task, bool is_json) {
  constexpr const char* kNote = "it is local: there is no source to compare with";
  if (!is_json) {
    task.outcome += fmt::format("; {}", kNote);
    return;
  }
  auto report = nlohmann::ordered_json::parse(task.outcome);
  report["notes"].push_back(kNote);
  task.outcome = report.dump();
}

// Of one account alone, that it has no source is an error.
TaskReport examined(const DoctorCommand& command, const std::string& name, const Accounts& accounts,
                    const Config& config) {
  const bool is_without = command.all && command.source && accounts.source_of(name) == nullptr;
  const nlohmann::json arguments = {{"source", command.source && !is_without},
                                    {"repair", command.repair},
                                    {"json", command.json}};
  const TaskRequest request{"doctor", name, arguments.dump()};
  const AdminClient server(config.data_dir);
  auto task =
      server.is_served() ? examine_at_server(server, request) : examine_here(request, config);
  if (is_without) add_note_of_local(task, command.json);
  return task;
}

// In the place of the report of an account that could not be examined.
std::string error_report(const std::string& name, const char* error) {
  return nlohmann::ordered_json{{"account", name}, {"error", error}}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Examines all accounts, also when one of them cannot be.
class Round {
 public:
  Round(const DoctorCommand& command, const Config& config)
      : command_(command), config_(config), accounts_(config, replica::sqlite::Access::kReadOnly) {}

  void examine_one(const std::string& name) {
    try {
      show(name, examined(command_, name, accounts_, config_));
    } catch (const indexer::Cancelled&) {
      throw;
    } catch (const std::exception& error) {
      if (!command_.all) throw;
      fmt::print(stderr, "davenport: {}: {}\n", name, for_terminal(error.what()));
      reports_.push_back(error_report(name, error.what()));
      is_incomplete_ = true;
    }
  }
  int finish_all() const {
    if (command_.json)
      print(command_.all ? fmt::format("{{\"accounts\":[{}]}}\n", fmt::join(reports_, ","))
                         : reports_.front() + "\n");
    return is_incomplete_ ? kFailed : worst_;
  }

 private:
  void show(const std::string& name, TaskReport task) {
    if (!command_.json) {
      task.outcome = fmt::format("{}: {}", name, for_terminal(task.outcome));
      worst_ = std::max(worst_, finish(task));
      return;
    }
    reports_.push_back(task.outcome);
    if (!task.problems.empty()) worst_ = kDoneButSomeRefused;
  }

  const DoctorCommand& command_;
  const Config& config_;
  const Accounts accounts_;
  std::vector<std::string> reports_;
  int worst_ = kDone;
  bool is_incomplete_ = false;  // one could not be examined
};

}  // namespace

int run(const DoctorCommand& command, const CommandLine&, const Config& config) {
  Round round(command, config);
  for (const auto& name : accounts_meant(command.account, command.all, config))
    round.examine_one(name);
  return round.finish_all();
}

}  // namespace api
