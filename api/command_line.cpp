#include "api/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <sstream>
#include <utility>

#include "api/command_line_parts.hpp"

namespace api {
namespace {

void add_serve(CLI::App& app, CommandLine& line) {
  app.add_subcommand("serve", with_example("replicate, index and answer HTTP until told to stop",
                                           "davenport --config davenport.toml serve"))
      ->callback([&line] { line.command = ServeCommand{}; });
}

void add_sync(CLI::App& app, CommandLine& line) {
  const auto sync = std::make_shared<SyncCommand>();
  CLI::App* command = app.add_subcommand(
      "sync",
      with_example("pull an account from its source and index it", "davenport sync alice --once"));
  command->add_option("ACCOUNT", sync->account)->required();
  command->add_flag("--once", sync->once,
                    "stop when caught up, instead of following the source; what was "
                    "quarantined is tried again, and what does not come is named "
                    "(exit code 3)");
  command->add_flag("--no-index", sync->no_index, "leave lists and index as they are");
  command->callback([&line, sync] { line.command = *sync; });
}

// The command that was written, with those above it.
struct WrittenCommand {
  std::string name;
  bool lacks_part = false;  // one of its parts had to be named ("task list")
};

WrittenCommand written_command(const CLI::App& app) {
  std::string name = app.get_name();
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    name += " " + at->get_name();
  }
  return {std::move(name), at->get_require_subcommand_min() > 0};
}

std::string mistake_in_words(const CLI::App& app, const CLI::ParseError& error) {
  const auto [command, lacks_part] = written_command(app);
  const std::string help = ": see " + command + " --help";
  const auto unknown = app.remaining(/*recurse=*/true);
  if (lacks_part && !unknown.empty()) {
    const std::string of = app.get_subcommands().empty() ? "" : " of " + command;
    return "'" + unknown.front() + "' is no command" + of + ": " + command + " --help lists them";
  }
  const auto option = std::find_if(unknown.begin(), unknown.end(), [](const std::string& word) {
    return word.starts_with('-') && word != "--";
  });
  if (option == unknown.end()) return error.what() + help;
  return "'" + *option + "' is no option of " + command +
         "; a word that begins with \"-\" comes after \"--\"" + help;
}

}  // namespace

std::string with_example(const std::string& description, const std::string& example) {
  return description + "\n  example: " + example;
}

CLI::Option* add_json(CLI::App& command, bool& json) {
  return command.add_flag("--json", json, "print JSON, as the HTTP routes answer");
}

std::variant<CommandLine, Information> parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  CLI::App app("A full-text mail index that replicates from CouchDB.", "davenport");
  app.add_option("--config", line.config,
                 "configuration (default: /etc/davenport/davenport.toml where it is there)")
      ->type_name("FILE");
  app.add_option("--data", line.data, "data folder, instead of the configuration's")
      ->type_name("DIR");
  app.set_version_flag("--version", "davenport " DAVENPORT_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but something was quarantined or "
      "refused, or may be missing because a node of a cluster is behind, or the doctor leaves "
      "differences.");
  add_serve(app, line);
  add_sync(app, line);
  add_mail_commands(app, line);
  add_operator_commands(app, line);

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wanted) {
    std::ostringstream text;
    std::ostringstream none;
    app.exit(wanted, text, none);
    return Information{text.str()};
  } catch (const CLI::ParseError& error) {
    throw UsageError(mistake_in_words(app, error));
  }
  return line;
}

}  // namespace api
