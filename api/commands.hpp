// What the commands do, except `serve`, which main.cpp puts together. Each returns its exit code.
// Throws UsageError for wrong usage and std::runtime_error for a failure; the message says what to
// do.
#pragma once

#include "api/command_line.hpp"
#include "api/config.hpp"

namespace api {

// These read files, whether a server runs or not.
int run(const ListCommand& command, const CommandLine& line, const Config& config);
int run(const ChangesCommand& command, const CommandLine& line, const Config& config);
int run(const SearchCommand& command, const CommandLine& line, const Config& config);
int run(const CompleteCommand& command, const CommandLine& line, const Config& config);
int run(const ShowCommand& command, const CommandLine& line, const Config& config);
int run(const ExportCommand& command, const CommandLine& line, const Config& config);

// These ask the running server when there is one, else they do it themselves.
int run(const SyncCommand& command, const CommandLine& line, const Config& config);
int run(const ImportCommand& command, const CommandLine& line, const Config& config);
int run(const ReindexCommand& command, const CommandLine& line, const Config& config);
int run(const CompactCommand& command, const CommandLine& line, const Config& config);
int run(const DoctorCommand& command, const CommandLine& line, const Config& config);
int run(const BackupCommand& command, const CommandLine& line, const Config& config);
int run(const AccountCommand& command, const CommandLine& line, const Config& config);
int run(const QuarantineCommand& command, const CommandLine& line, const Config& config);
int run(const StatusCommand& command, const CommandLine& line, const Config& config);

// These read and write davenport.db, which every davenport process shares.
int run(const TaskCommand& command, const CommandLine& line, const Config& config);
int run(const TokenCommand& command, const CommandLine& line, const Config& config);

// Reads the configuration itself, for it may be full of mistakes.
int run(const ConfigCheckCommand& command, const CommandLine& line, const Config& unread);

}  // namespace api
