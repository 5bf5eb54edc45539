// The operator's commands: upkeep of accounts, tasks, tokens, quarantine, configuration.
#include <CLI/CLI.hpp>
#include <memory>

#include "api/command_line_parts.hpp"
#include "api/tasks.hpp"

namespace api {
namespace {

constexpr const char* kAll = "--all";

// One account, or all of them: `account` stays empty then.
void add_accounts(CLI::App& command, std::string& account) {
  CLI::Option* one = command.add_option("ACCOUNT", account);
  command.add_flag(kAll)->description("all accounts, one after another")->excludes(one);
}

void require_accounts(const CLI::App& command, const std::string& account) {
  if (account.empty() && !command.get_option(kAll)->as<bool>())
    throw CLI::RequiredError("ACCOUNT, or --all");
}

void add_wait(CLI::App& command, TaskMode& mode) {
  command.add_flag_callback(
      "--wait", [&mode] { mode = TaskMode::kAwaited; },
      "where a server does it: wait for its end, instead of naming the task");
}

void add_reindex(CLI::App& app, CommandLine& line) {
  const auto reindex = std::make_shared<ReindexCommand>();
  CLI::App* command = app.add_subcommand(
      "reindex",
      with_example(
          "build lists and index anew beside the live ones, then swap; or, in place, those "
          "of some documents",
          "davenport reindex alice --query 'has:attachment type:pdf' --rate 100"));
  add_accounts(*command, reindex->account);
  CLI::Option* query =
      command->add_option("--query", reindex->query, "only what this search finds, in place");
  query->type_name("QUERY");
  command
      ->add_flag("--failed", reindex->failed,
                 "only what could not be read, in place: documents, and texts of files")
      ->excludes(query);
  command->add_option("--rate", reindex->rate, "entries a second at most")
      ->check(CLI::Range(std::int64_t{1}, kMaxRate))
      ->type_name("N");
  add_wait(*command, reindex->mode);
  command->callback([&line, command, query, reindex] {
    require_accounts(*command, reindex->account);
    const bool is_blank = reindex->query.find_first_not_of(' ') == std::string::npos;
    if (query->count() > 0 && is_blank)
      throw CLI::ValidationError("--query",
                                 "the query is empty; without --query, all is built anew");
    line.command = *reindex;
  });
}

void add_compact(CLI::App& app, CommandLine& line) {
  const auto compact = std::make_shared<CompactCommand>();
  CLI::App* command = app.add_subcommand(
      "compact", with_example("give back the space that changes left in stores, lists and index",
                              "davenport compact --all"));
  add_accounts(*command, compact->account);
  add_wait(*command, compact->mode);
  command->callback([&line, command, compact] {
    require_accounts(*command, compact->account);
    line.command = *compact;
  });
}

void add_doctor(CLI::App& app, CommandLine& line) {
  const auto doctor = std::make_shared<DoctorCommand>();
  CLI::App* command = app.add_subcommand(
      "doctor", with_example("compare stores, lists and index document by document, and check "
                             "every file; each difference is named (exit code 3)",
                             "davenport doctor alice --source --repair"));
  add_accounts(*command, doctor->account);
  command->add_flag("--source", doctor->source, "compare with the source too");
  command->add_flag("--repair", doctor->repair,
                    "make anew what is derived, fetch what the source has; says what it did, and "
                    "names what is left");
  add_json(*command, doctor->json);
  command->callback([&line, command, doctor] {
    require_accounts(*command, doctor->account);
    line.command = *doctor;
  });
}

void add_backup(CLI::App& app, CommandLine& line) {
  const auto backup = std::make_shared<BackupCommand>();
  CLI::App* command = app.add_subcommand(
      "backup",
      with_example("copy an account, while it is in use, into a folder that is empty or "
                   "not there, outside of the data folder; put back, it is the account as it was",
                   "davenport backup alice /backup/alice"));
  command->add_option("ACCOUNT", backup->account)->required();
  command->add_option("DIR", backup->folder)->required();
  command->callback([&line, backup] { line.command = *backup; });
}

void add_task(CLI::App& app, CommandLine& line) {
  const auto task = std::make_shared<TaskCommand>();
  CLI::App* command = app.add_subcommand(
      "task",
      with_example("long work, of a running server and of other commands: reindex, compact, "
                   "import, export, doctor, backup, sync",
                   "davenport task list"));
  command->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, TaskCommand::Action action) {
    CLI::App* part = command->add_subcommand(name, help);
    if (action != TaskCommand::Action::kList) part->add_option("ID", task->id)->required();
    if (action != TaskCommand::Action::kCancel) add_json(*part, task->json);
    part->callback([&line, task, action] {
      task->action = action;
      line.command = *task;
    });
  };
  add("list", "those that wait or run, and the newest 100 that ended", TaskCommand::Action::kList);
  add("show", "one task, with what it refused", TaskCommand::Action::kShow);
  add("cancel", "ask for a task's end", TaskCommand::Action::kCancel);
}

void add_status(CLI::App& app, CommandLine& line) {
  const auto status = std::make_shared<StatusCommand>();
  CLI::App* command = app.add_subcommand(
      "status",
      with_example("accounts, how far they are, what is quarantined", "davenport status --json"));
  add_json(*command, status->json);
  command->callback([&line, status] { line.command = *status; });
}

void add_token_create(CLI::App& tokens, CommandLine& line,
                      const std::shared_ptr<TokenCommand>& token) {
  CLI::App* command = tokens.add_subcommand(
      "create", with_example("make a token and print it, this once",
                             "davenport token create --account alice,bob --expires 30d"));
  CLI::Option* account = command->add_option("--account", token->accounts,
                                             "accounts that it is for; '*' is all of them");
  account->delimiter(',')->type_name("A,...");
  CLI::Option* all = command->add_flag_callback(
      "--all", [token] { token->accounts = {"*"}; }, "for all accounts");
  account->excludes(all);
  CLI::Option* read = command->add_flag("--read")->description("it may read (the default)");
  command
      ->add_flag("--admin", token->is_admin,
                 "it may also administer these accounts; with all of them, the server")
      ->excludes(read);
  command->add_flag("--force", token->force, "also for accounts that are not there (yet)");
  CLI::Option* expires = command->add_option("--expires", token->expires,
                                             "after 12h, 30d or 1y, or on a day: 2030-01-01");
  expires->type_name("WHEN");
  add_json(*command, token->json);
  command->callback([&line, expires, token] {
    if (expires->count() > 0 && token->expires.empty())
      throw CLI::ValidationError("--expires", "say when; without --expires, the token stays valid");
    if (token->accounts.empty())
      throw CLI::ValidationError("--account", "name the accounts that it is for, or write --all");
    token->action = TokenCommand::Action::kCreate;
    line.command = *token;
  });
}

void add_token(CLI::App& app, CommandLine& line) {
  const auto token = std::make_shared<TokenCommand>();
  CLI::App* tokens = app.add_subcommand(
      "token", with_example("who may ask over HTTP: access tokens",
                            "davenport token create --account alice --expires 30d"));
  tokens->require_subcommand(1);
  add_token_create(*tokens, line, token);
  CLI::App* list = tokens->add_subcommand(
      "list", with_example("the tokens that there are", "davenport token list"));
  add_json(*list, token->json);
  list->callback([&line, token] { line.command = *token; });
  CLI::App* revoke = tokens->add_subcommand(
      "revoke", with_example("end a token, at once", "davenport token revoke 3f2a91c0de"));
  revoke->add_option("ID", token->id, "as list names it, and as it stands in the token")
      ->required();
  revoke->callback([&line, token] {
    token->action = TokenCommand::Action::kRevoke;
    line.command = *token;
  });
}

CLI::App* add_account_action(CLI::App& command, CommandLine& line,
                             const std::shared_ptr<AccountCommand>& account,
                             AccountCommand::Action action, const char* name, const char* help) {
  CLI::App* subcommand = command.add_subcommand(name, help);
  if (action != AccountCommand::Action::kList)
    subcommand->add_option("ACCOUNT", account->account)->required();
  subcommand->callback([&line, account, action] {
    account->action = action;
    line.command = *account;
  });
  return subcommand;
}

void add_account(CLI::App& app, CommandLine& line) {
  const auto account = std::make_shared<AccountCommand>();
  using Action = AccountCommand::Action;
  CLI::App* command = app.add_subcommand(
      "account",
      "the accounts: what there is, and what is pulled\n  example: davenport account pause alice");
  command->require_subcommand(1);
  const auto add = [&](Action action, const char* name, const char* help) {
    return add_account_action(*command, line, account, action, name, help);
  };
  CLI::App* list =
      add(Action::kList, "list", "accounts, their sources, and what is wrong with their databases");
  add_json(*list, account->json);
  add(Action::kPause, "pause", "pull nothing of it until resume; what is here can be read");
  add(Action::kResume, "resume", "pull it again; one that was removed comes back from its source");
  add(Action::kResync, "resync",
      "compare all of it with its source anew; what both have is not fetched again");
  add(Action::kRemove, "remove",
      "delete all that it has here, after asking; its source is not changed")
      ->add_flag("--yes", account->yes, "do not ask");
}

void add_quarantine(CLI::App& app, CommandLine& line) {
  const auto quarantine = std::make_shared<QuarantineCommand>();
  using Action = QuarantineCommand::Action;
  CLI::App* command =
      app.add_subcommand("quarantine",
                         "documents and attachments that could not be taken over\n  example: "
                         "davenport quarantine retry alice");
  command->require_subcommand(1);
  const auto add = [&](Action action, const char* name, const char* help) {
    CLI::App* subcommand = command->add_subcommand(name, help);
    subcommand->add_flag("--json", quarantine->json, "print JSON");
    subcommand->callback([&line, quarantine, action] {
      quarantine->action = action;
      line.command = *quarantine;
    });
    return subcommand;
  };
  add(Action::kList, "list", "what they are, and why (exit code 3 when there are some)")
      ->add_option("ACCOUNT", quarantine->account, "only of this account");
  CLI::App* retry = add(Action::kRetry, "retry", "try them again now");
  retry->add_option("ACCOUNT", quarantine->account)->required();
  retry->add_option("DOCID", quarantine->document, "only this document, also when it is ignored");
  CLI::App* ignore =
      add(Action::kIgnore, "ignore", "do not try a document again before it changes at its source");
  ignore->add_option("ACCOUNT", quarantine->account)->required();
  ignore->add_option("DOCID", quarantine->document)->required();
}

void add_config(CLI::App& app, CommandLine& line) {
  const auto check = std::make_shared<ConfigCheckCommand>();
  CLI::App* command = app.add_subcommand(
      "config", "the configuration\n  example: davenport config check --connect");
  command->require_subcommand(1);
  CLI::App* subcommand = command->add_subcommand(
      "check", "name every mistake of the configuration, or what it comes to");
  subcommand->add_flag("--connect", check->connect,
                       "ask each source: who answers, and which rights are missing");
  subcommand->add_flag("--json", check->json, "print JSON");
  subcommand->callback([&line, check] { line.command = *check; });
}

}  // namespace

void add_operator_commands(CLI::App& app, CommandLine& line) {
  add_reindex(app, line);
  add_compact(app, line);
  add_doctor(app, line);
  add_backup(app, line);
  add_task(app, line);
  add_status(app, line);
  add_token(app, line);
  add_account(app, line);
  add_quarantine(app, line);
  add_config(app, line);
}

}  // namespace api
