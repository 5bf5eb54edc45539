// Runs a task for a command: by the running server, or in this process.
#pragma once

#include <string>
#include <string_view>

#include "api/accounts.hpp"
#include "api/admin_client.hpp"
#include "api/command_line.hpp"
#include "api/config.hpp"
#include "api/replication.hpp"
#include "api/tasks.hpp"

namespace api {

// Runs a task (task_kinds.hpp), prints its outcome and returns the exit code. `before` is printed
// before its outcome.
[[nodiscard]] int run_task(const TaskRequest& request, TaskMode mode, const Config& config,
                           std::string_view before = "");
// The same for a known account, or, when the request names none, for every account: then one that
// fails does not keep the others from theirs, and kFailed is returned at the end.
[[nodiscard]] int run_task_for_accounts(TaskRequest request, TaskMode mode, const Config& config);

// Both wait for the task's end and return its report, with its progress on the terminal. Throws
// what the work throws, and AdminError when the server's task failed or was cancelled.
[[nodiscard]] TaskReport run_task_at_server(const AdminClient& server, const TaskRequest& request);
// `replication` may be null: see task_kinds.
[[nodiscard]] TaskReport run_task_here(const TaskRequest& request, const Config& config,
                                       Accounts& accounts, Replication* replication);

// Prints the outcome of a task and returns the exit code.
[[nodiscard]] int print_outcome(const TaskReport& task);
// "120 of 4711, 3.0 s left"
[[nodiscard]] std::string progress_in_words(const TaskReport& task);

}  // namespace api
