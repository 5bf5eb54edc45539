// How the command line is parsed with CLI11. Internal to the command line.
//
// Each add_… function adds commands to `app`. What a command's options set is a value that its
// callback shares, and copies into `line` when that command is the one that was written.
#pragma once

#include <string>

#include "api/command_line.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace api {

// import, export, and the commands that read mail.
void add_mail_commands(CLI::App& app, CommandLine& line);
// The commands of an operator: upkeep of accounts, tasks, tokens, the configuration.
void add_operator_commands(CLI::App& app, CommandLine& line);

// A help text with an example below it.
[[nodiscard]] std::string with_example(const std::string& description, const std::string& example);
// The option --json.
CLI::Option* add_json(CLI::App& command, bool& json);

}  // namespace api
