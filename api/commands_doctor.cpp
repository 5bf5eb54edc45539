// Examines accounts: the running server does where there is one, else this process.
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "api/admin_client.hpp"
#include "api/command_support.hpp"
#include "api/command_tasks.hpp"
#include "api/commands.hpp"
#include "api/metrics.hpp"
#include "api/replication.hpp"
#include "api/terminal.hpp"

namespace api {
namespace {

bool is_for_all(const DoctorCommand& command) { return command.account.empty(); }

TaskReport examine_here(const TaskRequest& request, const Config& config) {
  Metrics metrics;
  Accounts accounts(config, replica::sqlite::Access::kReadWrite);
  Replication replication(config, accounts, metrics);
  return run_task_here(request, config, accounts, &replication);
}

// Notes in the report that the account is local, though its source was asked for.
void add_local_note(TaskReport& task, bool is_json) {
  constexpr const char* kNote = "it is local: there is no source to compare with";
  if (!is_json) {
    task.outcome += fmt::format("; {}", kNote);
    return;
  }
  auto report = nlohmann::ordered_json::parse(task.outcome);
  report["notes"].push_back(kNote);
  task.outcome = report.dump();
}

// With --all --source, local accounts are examined without a source. For one account alone, having
// no source is an error.
TaskReport examine(const DoctorCommand& command, const std::string& name, const Accounts& accounts,
                   const Config& config) {
  const bool skips_source =
      is_for_all(command) && command.source && accounts.source_of(name) == nullptr;
  const nlohmann::json arguments = {{"source", command.source && !skips_source},
                                    {"repair", command.repair},
                                    {"json", command.json}};
  const TaskRequest request{"doctor", name, arguments.dump()};
  const AdminClient server(config.data_dir);
  auto task =
      server.is_served() ? run_task_at_server(server, request) : examine_here(request, config);
  if (skips_source) add_local_note(task, command.json);
  return task;
}

// In the place of the report of an account that could not be examined.
std::string error_report(const std::string& name, const char* error) {
  return nlohmann::ordered_json{{"account", name}, {"error", error}}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Examines all accounts, also when one of them cannot be.
class DoctorRun {
 public:
  DoctorRun(const DoctorCommand& command, const Config& config)
      : command_(command), config_(config), accounts_(config, replica::sqlite::Access::kReadOnly) {}

  void examine_one(const std::string& name) {
    try {
      show(name, examine(command_, name, accounts_, config_));
    } catch (const indexer::Cancelled&) {
      throw;
    } catch (const std::exception& error) {
      if (!is_for_all(command_)) throw;
      fmt::print(stderr, "davenport: {}: {}\n", name, for_terminal(error.what()));
      reports_.push_back(error_report(name, error.what()));
      is_incomplete_ = true;
    }
  }
  int finish() const {
    if (command_.json)
      print(is_for_all(command_) ? fmt::format("{{\"accounts\":[{}]}}\n", fmt::join(reports_, ","))
                                 : reports_.front() + "\n");
    return is_incomplete_ ? kFailed : worst_;
  }

 private:
  void show(const std::string& name, TaskReport task) {
    if (!command_.json) {
      task.outcome = fmt::format("{}: {}", name, for_terminal(task.outcome));
      worst_ = std::max(worst_, print_outcome(task));
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
  DoctorRun doctor(command, config);
  if (is_for_all(command)) {
    for (const auto& name : all_accounts(config)) doctor.examine_one(name);
  } else {
    require_account(command.account, config);
    doctor.examine_one(command.account);
  }
  return doctor.finish();
}

}  // namespace api
