// What several commands share: exit codes, output, finding accounts.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/accounts.hpp"
#include "api/command_line.hpp"
#include "api/config.hpp"
#include "indexer/query.hpp"

namespace api {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;
// Done, but documents were quarantined or refused. Of `doctor`: differences are left.
inline constexpr int kDoneButSomeRefused = 3;

// Writes to standard output. Throws std::runtime_error when that fails, but ends the program
// quietly when the reader of a pipe has gone.
void print(std::string_view text);

// The configuration file: the one given, else the default one if it exists.
[[nodiscard]] std::optional<std::filesystem::path> config_file(const CommandLine& line);

// Throws std::runtime_error when there is no such account.
[[nodiscard]] std::shared_ptr<indexer::Account> open_account(Accounts& accounts,
                                                             std::string_view name);
// Throws std::runtime_error when there is no such account.
void require_account(const std::string& account, const Config& config);
[[nodiscard]] std::vector<std::string> all_accounts(const Config& config);  // names

// Throws UsageError, which says what in the query is wrong, and where.
[[noreturn]] void refuse_query(const indexer::QueryError& error);

}  // namespace api
