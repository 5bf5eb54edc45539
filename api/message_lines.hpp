// Rows of lists and searches as lines for people.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "api/command_line.hpp"

namespace api {

// "2001-05-14 23:39  N  Ada Lovelace          Report                          bS0wMDAx"; `row` is a
// rendered list row. The time is UTC.
[[nodiscard]] std::string message_line(const nlohmann::json& row, std::size_t width);
// The same for a file's row.
[[nodiscard]] std::string file_line(const nlohmann::json& row, std::size_t width);

// "Ada <ada@example.org>, bob@example.org"
[[nodiscard]] std::string addresses_line(const nlohmann::json& addresses);

// A string member, made safe for the terminal; empty when it is missing or no string.
[[nodiscard]] std::string text_of(const nlohmann::json& object, const char* member);

// A command line that can be pasted into a shell: the program's name, its global options, then
// `words`, quoted where needed.
[[nodiscard]] std::string shell_command(const CommandLine& line,
                                        const std::vector<std::string>& words);

}  // namespace api
