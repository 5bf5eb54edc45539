// The operator's commands: account, quarantine, config.
#include <CLI/CLI.hpp>

#include "api/command_line.hpp"

namespace api {
namespace {

struct Written {
  AccountCommand account;
  QuarantineCommand quarantine;
  ConfigCheckCommand check;
};

CLI::App* add_account_action(CLI::App& command, CommandLine& line, AccountCommand& account,
                             AccountCommand::What what, const char* name, const char* help) {
  CLI::App* action = command.add_subcommand(name, help);
  if (what != AccountCommand::What::kList)
    action->add_option("ACCOUNT", account.account)->required();
  action->callback([&line, &account, what] {
    account.what = what;
    line.command = account;
  });
  return action;
}

void add_account(CLI::App& app, CommandLine& line, AccountCommand& account) {
  using What = AccountCommand::What;
  CLI::App* command = app.add_subcommand(
      "account",
      "the accounts: what there is, and what is pulled\n  example: davenport account pause alice");
  command->require_subcommand(1);
  const auto add = [&](What what, const char* name, const char* help) {
    return add_account_action(*command, line, account, what, name, help);
  };
  add(What::kList, "list", "accounts, their sources, and what is wrong with their databases")
      ->add_flag("--json", account.json, "print JSON, as the HTTP routes answer");
  add(What::kPause, "pause", "pull nothing of it until resume; what is here can be read");
  add(What::kResume, "resume", "pull it again; one that was removed comes back from its source");
  add(What::kResync, "resync",
      "compare all of it with its source anew; what both have is not fetched again");
  add(What::kRemove, "remove",
      "delete all that it has here, after asking; its source is not changed")
      ->add_flag("--yes", account.yes, "do not ask");
}

void add_quarantine(CLI::App& app, CommandLine& line, QuarantineCommand& quarantine) {
  using What = QuarantineCommand::What;
  CLI::App* command =
      app.add_subcommand("quarantine",
                         "documents and attachments that could not be taken over\n  example: "
                         "davenport quarantine retry alice");
  command->require_subcommand(1);
  const auto add = [&](What what, const char* name, const char* help) {
    CLI::App* action = command->add_subcommand(name, help);
    action->add_flag("--json", quarantine.json, "print JSON");
    action->callback([&line, &quarantine, what] {
      quarantine.what = what;
      line.command = quarantine;
    });
    return action;
  };
  add(What::kList, "list", "what they are, and why (exit code 3 when there are some)")
      ->add_option("ACCOUNT", quarantine.account, "only of this account");
  CLI::App* retry = add(What::kRetry, "retry", "try them again now");
  retry->add_option("ACCOUNT", quarantine.account)->required();
  retry->add_option("DOCID", quarantine.document, "only this document, also when it is ignored");
  CLI::App* ignore =
      add(What::kIgnore, "ignore", "do not try a document again before it changes at its source");
  ignore->add_option("ACCOUNT", quarantine.account)->required();
  ignore->add_option("DOCID", quarantine.document)->required();
}

void add_config(CLI::App& app, CommandLine& line, ConfigCheckCommand& check) {
  CLI::App* command = app.add_subcommand(
      "config", "the configuration\n  example: davenport config check --connect");
  command->require_subcommand(1);
  CLI::App* action = command->add_subcommand(
      "check", "name every mistake of the configuration, or what it comes to");
  action->add_flag("--connect", check.connect,
                   "ask each source: who answers, and which rights are missing");
  action->add_flag("--json", check.json, "print JSON");
  action->callback([&line, &check] { line.command = check; });
}

}  // namespace

std::shared_ptr<void> add_operator_commands(CLI::App& app, CommandLine& line) {
  const auto written = std::make_shared<Written>();
  add_account(app, line, written->account);
  add_quarantine(app, line, written->quarantine);
  add_config(app, line, written->check);
  return written;
}

}  // namespace api
