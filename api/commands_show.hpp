// Parts of the command `show`. Internal to it.
#pragma once

#include <string>

#include "api/command_line.hpp"
#include "api/config.hpp"
#include "indexer/account.hpp"

namespace api {

// Writes the attachment of the message in `row`. Returns the exit code.
[[nodiscard]] int write_attachment(const ShowCommand& command, indexer::Account& account,
                                   const std::string& row, const Config& config);

// Shows a file that is no mail; `row` is its list row. Returns the exit code. Throws
// std::runtime_error for options that only mail has.
[[nodiscard]] int show_file(const ShowCommand& command, const indexer::Account& account,
                            const std::string& row);

}  // namespace api
