// What the commands do, but for `serve`, which main.cpp puts together. Each returns its exit code; what cannot be done is
// thrown: UsageError for what was asked wrongly, std::runtime_error for what failed, with a message that says what to do.
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
inline constexpr int kDoneButSomeRefused =
    3;  // something was quarantined, or refused; the doctor's: differences are left

// These read files, whether a server runs or not.
int run(const ListCommand& command, const CommandLine& line, const Config& config);
int run(const ChangesCommand& command, const CommandLine& line, const Config& config);
int run(const SearchCommand& command, const CommandLine& line, const Config& config);
int run(const CompleteCommand& command, const CommandLine& line, const Config& config);
int run(const ShowCommand& command, const CommandLine& line, const Config& config);
// Its part of what it does: the bytes of an attachment of the message whose row that is.
[[nodiscard]] int write_attachment(const ShowCommand& command, indexer::Account& account,
                                   const std::string& row, const Config& config);
// Its part of what it does for a file that is no mail, whose row that is. Throws std::runtime_error for what only mail has.
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

// This reads and writes davenport.db, whoever runs the tasks.
int run(const TaskCommand& command, const CommandLine& line, const Config& config);

// The account of that name, which there must be, or all of them. Throws std::runtime_error.
[[nodiscard]] std::vector<std::string> accounts_meant(const std::string& account, bool all,
                                                      const Config& config);
// Work that is a task (task_kinds.hpp). A server's is waited for where `wait` says so; the exit code. `before` stands before
// what it came to.
[[nodiscard]] int run_task(const TaskRequest& request, bool wait, const Config& config,
                           std::string_view before = "");
int run(const AccountCommand& command, const CommandLine& line, const Config& config);
int run(const QuarantineCommand& command, const CommandLine& line, const Config& config);

// Reads the configuration itself, for it may be full of mistakes.
int run(const ConfigCheckCommand& command, const CommandLine& line, const Config& unread);

// The configuration that is meant: the one written, else the default where it is there.
[[nodiscard]] std::optional<std::filesystem::path> config_file(const CommandLine& line);

// Throws UsageError: what of the query cannot be read, and where.
[[noreturn]] void refuse_query(const indexer::QueryError& error);

// The account, or a std::runtime_error that says that there is none.
[[nodiscard]] std::shared_ptr<indexer::Account> open_account(Accounts& accounts,
                                                             std::string_view name);

// Prints what a task came to; the exit code.
[[nodiscard]] int finish(const TaskReport& task);
// "120 of 4711, 3.0 s left"
[[nodiscard]] std::string progress_in_words(const TaskReport& task);

// To standard output. Throws std::runtime_error when it cannot be written; a reader that went away ends the program quietly.
void print(std::string_view text);

}  // namespace api
