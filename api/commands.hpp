// What the commands do, except `serve`, which main.cpp puts together. Each returns its exit code.
// Throws UsageError for wrong usage and std::runtime_error for a failure; the message says what to
// do.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "api/accounts.hpp"
#include "api/command_line.hpp"
#include "api/config.hpp"
#include "api/tasks.hpp"
#include "indexer/query.hpp"

namespace api {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;
// Done, but documents were quarantined or refused. Of `doctor`: differences are left.
inline constexpr int kDoneButSomeRefused = 3;

// These read files, whether a server runs or not.
int run(const ListCommand& command, const CommandLine& line, const Config& config);
int run(const ChangesCommand& command, const CommandLine& line, const Config& config);
int run(const SearchCommand& command, const CommandLine& line, const Config& config);
int run(const CompleteCommand& command, const CommandLine& line, const Config& config);
int run(const ShowCommand& command, const CommandLine& line, const Config& config);
// `show --attachment`: writes the attachment of the message in `row`.
[[nodiscard]] int write_attachment(const ShowCommand& command, indexer::Account& account,
                                   const std::string& row, const Config& config);
// `show` of a file that is no mail; `row` is its list row. Throws std::runtime_error for options
// that only mail has.
[[nodiscard]] int show_file(const ShowCommand& command, const indexer::Account& account,
                            const std::string& row);
int run(const StatusCommand& command, const CommandLine& line, const Config& config);
int run(const ExportCommand& command, const CommandLine& line, const Config& config);

// Writes davenport.db, which a running server looks at with each request.
int run(const TokenCommand& command, const CommandLine& line, const Config& config);

// These ask the running server when there is one, else they do it themselves.
int run(const SyncCommand& command, const CommandLine& line, const Config& config);
int run(const ImportCommand& command, const CommandLine& line, const Config& config);
int run(const ReindexCommand& command, const CommandLine& line, const Config& config);
int run(const CompactCommand& command, const CommandLine& line, const Config& config);
int run(const DoctorCommand& command, const CommandLine& line, const Config& config);
int run(const BackupCommand& command, const CommandLine& line, const Config& config);

// Reads and writes davenport.db, whichever process runs the tasks.
int run(const TaskCommand& command, const CommandLine& line, const Config& config);

// The account of that name, or with `all` every account. Throws std::runtime_error when there is
// none.
[[nodiscard]] std::vector<std::string> accounts_meant(const std::string& account, bool all,
                                                      const Config& config);
// Runs a task (task_kinds.hpp) and returns the exit code. Where a server runs it, `wait` says
// whether to wait for its end. `before` is printed before its outcome.
[[nodiscard]] int run_task(const TaskRequest& request, bool wait, const Config& config,
                           std::string_view before = "");
// The same for the account of `request`, or with `all` for every account: then one that fails does
// not keep the others from theirs, and kFailed is returned at the end.
[[nodiscard]] int run_tasks(TaskRequest request, bool all, bool wait, const Config& config);
int run(const AccountCommand& command, const CommandLine& line, const Config& config);
int run(const QuarantineCommand& command, const CommandLine& line, const Config& config);

// Reads the configuration itself, for it may be full of mistakes.
int run(const ConfigCheckCommand& command, const CommandLine& line, const Config& unread);

// The configuration file: the one given, else the default one if it exists.
[[nodiscard]] std::optional<std::filesystem::path> config_file(const CommandLine& line);

// Throws UsageError, which says what in the query is wrong, and where.
[[noreturn]] void refuse_query(const indexer::QueryError& error);

// Throws std::runtime_error when there is no such account.
[[nodiscard]] std::shared_ptr<indexer::Account> open_account(Accounts& accounts,
                                                             std::string_view name);

// Prints the outcome of a task and returns the exit code.
[[nodiscard]] int finish(const TaskReport& task);
// "120 of 4711, 3.0 s left"
[[nodiscard]] std::string progress_in_words(const TaskReport& task);

// Writes to standard output. Throws std::runtime_error when that fails, but ends the program
// quietly when the reader of a pipe has gone.
void print(std::string_view text);

}  // namespace api
