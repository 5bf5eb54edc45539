#include "api/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "api/list_parameters.hpp"
#include "api/search_call.hpp"

namespace api {
namespace {

constexpr std::size_t kMaxLimit = 1'000;  // rows of one page
constexpr std::size_t kMaxCompletions = 100;

std::string with_example(const std::string& description, const std::string& example) {
  return description + "\n  example: " + example;
}

// An empty name would mean no name, and so select everything.
std::string expect_filled(const std::string& text) {
  return text.empty() ? "is empty: give it a value, or leave it out" : "";
}

void add_page(CLI::App& command, std::size_t& limit, std::string& after) {
  command.add_option("--limit", limit, "rows of a page")
      ->check(CLI::Range(std::size_t{1}, kMaxLimit))
      ->capture_default_str();
  command.add_option("--after", after, "cursor of the page before, to see the next one")
      ->check(expect_filled)
      ->type_name("CURSOR");
}

void add_json(CLI::App& command, bool& json) {
  command.add_flag("--json", json, "print JSON, as the HTTP routes answer");
}

// Each of these adds one command, whose values land in `line` when it is the one that was written.

void add_serve(CLI::App& app, CommandLine& line) {
  app.add_subcommand("serve", with_example("replicate, index and answer HTTP until told to stop",
                                           "davenport --config davenport.toml serve"))
      ->callback([&line] { line.command = ServeCommand{}; });
}

void add_sync(CLI::App& app, CommandLine& line, SyncCommand& sync) {
  CLI::App* command = app.add_subcommand(
      "sync",
      with_example("pull an account from its source and index it", "davenport sync alice --once"));
  command->add_option("ACCOUNT", sync.account)->required();
  CLI::Option* once =
      command->add_flag("--once", sync.once,
                        "stop when caught up, instead of following the source; what was "
                        "quarantined is tried again, and named (exit code 3)");
  command->add_flag("--no-index", sync.no_index, "leave lists and index as they are")->needs(once);
  command->callback([&line, &sync] { line.command = sync; });
}

void add_import(CLI::App& app, CommandLine& line, ImportCommand& import) {
  CLI::App* command = app.add_subcommand(
      "import",
      with_example("Maildirs, mbox files, messages, folders or tars of them become documents; an "
                   "export is taken over",
                   "davenport import alice ~/Maildir archive.mbox"));
  command->add_option("ACCOUNT", import.account)->required();
  command->add_option("PATH", import.paths, "\"-\" is a tar on standard input")->required();
  CLI::Option* into =
      command->add_option("--into", import.into,
                          "CouchDB to write to, instead of the local account; databases are "
                          "named by the layout of the account's [[source]]");
  into->type_name("URL");
  CLI::Option* user = command->add_option("--user", import.user, "who writes there");
  user->needs(into);
  command->add_option("--password-file", import.password_file, "file that holds the password")
      ->needs(user);
  command->callback([&line, &import] { line.command = import; });
}

void add_export(CLI::App& app, CommandLine& line, ExportCommand& export_) {
  CLI::App* command = app.add_subcommand(
      "export", with_example("write an account to standard output, as a tar of mail, documents and "
                             "files; the state that it ends with is printed on standard error",
                             "davenport export alice | age -r KEY > alice.tar.age"));
  command->add_option("ACCOUNT", export_.account)->required();
  command
      ->add_option("--since", export_.since,
                   "only what changed since the export that ended with this state")
      ->type_name("STATE");
  command->callback([&line, &export_] { line.command = export_; });
}

void add_filter(CLI::App& command, ListFilter& filter) {
  command.add_option("--mailbox", filter.mailbox, "only of this mailbox (id, name or role)")
      ->check(expect_filled);
  command
      .add_option("--keyword", filter.keyword,
                  "only with this keyword, such as $forwarded, in either case")
      ->check(expect_filled);
  command.add_flag("--unread", filter.unread, "only unread");
  command.add_flag("--flagged", filter.flagged, "only flagged");
  command.add_flag("--answered", filter.answered, "only answered");
  command.add_flag("--draft", filter.draft, "only drafts");
  command.add_flag("--attachment", filter.attachment, "only with an attachment");
}

void add_list(CLI::App& app, CommandLine& line, ListCommand& list) {
  CLI::App* command = app.add_subcommand(
      "list", with_example("messages, newest first; times are UTC",
                           "davenport list alice --mailbox inbox --unread --sort subject"));
  command->add_option("ACCOUNT", list.account)->required();
  add_filter(*command, list.filter);
  command->add_flag("--threads", list.threads, "the newest message of each thread");
  const auto sorts = message_sorts();
  command
      ->add_option("--sort", list.sort,
                   "received, sent, from, to, subject or size; with \"-\" before it descending")
      ->check(CLI::IsMember(std::vector<std::string>(sorts.begin(), sorts.end())))
      ->type_name("KEY")
      ->capture_default_str();
  add_page(*command, list.limit, list.after);
  CLI::Option* after = command->get_option("--after");
  CLI::Option* before = command->add_option("--before", list.before,
                                            "cursor of the page after, to see the one before it");
  before->check(expect_filled)->type_name("CURSOR")->excludes(after);
  command->add_option("--around", list.around, "the page with this message in its middle")
      ->check(expect_filled)
      ->type_name("ID")
      ->excludes(after)
      ->excludes(before);
  add_json(*command, list.json);
  command->callback([&line, &list] { line.command = list; });
}

void add_changes(CLI::App& app, CommandLine& line, ChangesCommand& changes) {
  CLI::App* command = app.add_subcommand(
      "changes", with_example("what became of a list since a state of it, as list --json tells one",
                              "davenport changes alice --mailbox inbox --since 1f0c…-42"));
  command->add_option("ACCOUNT", changes.account)->required();
  command->add_option("--since", changes.since)->type_name("STATE")->required();
  add_filter(*command, changes.filter);
  command->add_flag("--threads", changes.threads, "of the list by thread (list --threads)");
  command->add_option("--limit", changes.limit, "changed messages looked at in one go")
      ->check(CLI::Range(std::size_t{1}, kMaxLimit))
      ->capture_default_str();
  add_json(*command, changes.json);
  command->callback([&line, &changes] { line.command = changes; });
}

void add_search(CLI::App& app, CommandLine& line, SearchCommand& search,
                std::vector<std::string>& words) {
  CLI::App* command = app.add_subcommand(
      "search", with_example("full-text search; a query that begins with \"-\" comes after \"--\"; "
                             "times are UTC",
                             "davenport search alice 'from:ada subject:report after:2024'"));
  command->add_option("ACCOUNT", search.account)->required();
  command->add_option("QUERY", words)->required();
  command->add_option("--sort", search.sort, "date, relevance, or as a list: -received, subject …")
      ->check(CLI::IsMember(search_orders()))
      ->type_name("ORDER");
  command->add_flag("--threads", search.threads, "the first message found of each thread");
  command->add_option("--kind", search.kind, "only mail, or only files")
      ->check(CLI::IsMember({"mail", "file"}))
      ->type_name("KIND");
  command
      ->add_option("--facets", search.facets,
                   "counts of the hits by sender, mailbox, year, type, keyword or language")
      ->type_name("F,...");
  command->add_flag("--filter", search.is_filter, "QUERY is a JSON filter (data/QUERY.md)");
  command->add_flag("--explain", search.explain,
                    "show what the query became: terms, forms, estimates");
  add_page(*command, search.limit, search.after);
  command->add_flag("--no-snippets", search.no_snippets,
                    "read no bodies for the words around a hit");
  add_json(*command, search.json);
  command->callback([&line, &search, &words] {
    search.query = CLI::detail::join(words, " ");
    line.command = search;
  });
}

void add_complete(CLI::App& app, CommandLine& line, CompleteCommand& complete,
                  std::vector<std::string>& words) {
  CLI::App* command =
      app.add_subcommand("complete", with_example("names and addresses that begin so, best first",
                                                  "davenport complete alice 'ada ex'"));
  command->add_option("ACCOUNT", complete.account)->required();
  command->add_option("TEXT", words, "beginnings of words of the name and parts of the address")
      ->required();
  command->add_option("--limit", complete.limit, "addresses")
      ->check(CLI::Range(std::size_t{1}, kMaxCompletions))
      ->capture_default_str();
  add_json(*command, complete.json);
  command->callback([&line, &complete, &words] {
    complete.typed = CLI::detail::join(words, " ");
    line.command = complete;
  });
}

void add_show(CLI::App& app, CommandLine& line, ShowCommand& show) {
  CLI::App* command = app.add_subcommand(
      "show", with_example("one message or file, by the id that list and search print; times "
                           "without an offset are UTC",
                           "davenport show alice bS0wMDAx --text"));
  command->add_option("ACCOUNT", show.account)->required();
  command->add_option("ID", show.id)->required();
  CLI::Option_group* which = command->add_option_group("which part");
  const auto add_part = [&](const std::string& flag, ShowCommand::What what,
                            const std::string& help) {
    return which->add_flag_callback(
        flag, [&show, what] { show.what = what; }, help);
  };
  add_part("--text", ShowCommand::What::kText, "only the text");
  add_part("--html", ShowCommand::What::kHtml, "only the HTML, made safe");
  add_part("--headers", ShowCommand::What::kHeaders, "only the headers");
  CLI::Option* raw =
      add_part("--raw", ShowCommand::What::kRaw, "the original message, byte for byte");
  add_part("--thread", ShowCommand::What::kThread, "the messages of its thread");
  CLI::Option* attachment = which->add_option(
      "--attachment", show.part, "the bytes of an attachment, by its name or part's number");
  attachment->check(expect_filled)->type_name("PART");
  which->require_option(0, 1);
  CLI::Option* output =
      command->add_option("--output", show.output, "file for them, instead of standard output");
  output->type_name("FILE")->needs(attachment);
  add_json(*command, show.json);
  command->get_option("--json")->excludes(attachment)->excludes(raw);
  command->callback([&line, &show] {
    if (!show.part.empty()) show.what = ShowCommand::What::kAttachment;
    line.command = show;
  });
}

// One account, or all of them.
void add_accounts(CLI::App& command, std::string& account, bool& all) {
  CLI::Option* one = command.add_option("ACCOUNT", account);
  command.add_flag("--all", all, "all accounts, one after another")->excludes(one);
}

void require_accounts(const std::string& account, bool all) {
  if (account.empty() && !all) throw CLI::RequiredError("ACCOUNT, or --all");
}

void add_wait(CLI::App& command, bool& wait) {
  command.add_flag("--wait", wait,
                   "where a server does it: wait for its end, instead of naming the task");
}

void add_reindex(CLI::App& app, CommandLine& line, ReindexCommand& reindex) {
  CLI::App* command = app.add_subcommand(
      "reindex",
      with_example(
          "build lists and index anew beside the live ones, then swap; or, in place, those "
          "of some documents",
          "davenport reindex alice --query 'has:attachment type:pdf' --rate 100"));
  add_accounts(*command, reindex.account, reindex.all);
  CLI::Option* query =
      command->add_option("--query", reindex.query, "only what this search finds, in place");
  query->type_name("QUERY");
  command
      ->add_flag("--failed", reindex.failed,
                 "only what could not be read, in place: documents, and texts of files")
      ->excludes(query);
  command->add_option("--rate", reindex.rate, "entries a second at most")
      ->check(CLI::Range(std::int64_t{1}, kMaxRate))
      ->type_name("N");
  add_wait(*command, reindex.wait);
  command->callback([&line, &reindex] {
    require_accounts(reindex.account, reindex.all);
    line.command = reindex;
  });
}

void add_compact(CLI::App& app, CommandLine& line, CompactCommand& compact) {
  CLI::App* command = app.add_subcommand(
      "compact", with_example("give back the space that changes left in stores, lists and index",
                              "davenport compact --all"));
  add_accounts(*command, compact.account, compact.all);
  add_wait(*command, compact.wait);
  command->callback([&line, &compact] {
    require_accounts(compact.account, compact.all);
    line.command = compact;
  });
}

void add_doctor(CLI::App& app, CommandLine& line, DoctorCommand& doctor) {
  CLI::App* command = app.add_subcommand(
      "doctor", with_example("compare stores, lists and index document by document, and check "
                             "every file; each difference is named (exit code 3)",
                             "davenport doctor alice --source --repair"));
  add_accounts(*command, doctor.account, doctor.all);
  command->add_flag("--source", doctor.source, "compare with the source too");
  command->add_flag("--repair", doctor.repair,
                    "make anew what is derived, fetch what the source has; says what it did, and "
                    "names what is left");
  add_json(*command, doctor.json);
  command->callback([&line, &doctor] {
    require_accounts(doctor.account, doctor.all);
    line.command = doctor;
  });
}

void add_backup(CLI::App& app, CommandLine& line, BackupCommand& backup) {
  CLI::App* command = app.add_subcommand(
      "backup",
      with_example("copy an account, while it is in use, into a folder that is empty or "
                   "not there, outside of the data folder; put back, it is the account as it was",
                   "davenport backup alice /backup/alice"));
  command->add_option("ACCOUNT", backup.account)->required();
  command->add_option("DIR", backup.folder)->required();
  command->callback([&line, &backup] { line.command = backup; });
}

void add_task(CLI::App& app, CommandLine& line, TaskCommand& task) {
  CLI::App* command = app.add_subcommand(
      "task",
      with_example("long work, of a running server and of other commands: reindex, compact, "
                   "import, export, doctor, backup, sync",
                   "davenport task list"));
  command->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, TaskCommand::What what) {
    CLI::App* part = command->add_subcommand(name, help);
    if (what != TaskCommand::What::kList) part->add_option("ID", task.id)->required();
    if (what != TaskCommand::What::kCancel) add_json(*part, task.json);
    part->callback([&line, &task, what] {
      task.what = what;
      line.command = task;
    });
  };
  add("list", "those that wait or run, and the newest 100 that ended", TaskCommand::What::kList);
  add("show", "one task, with what it refused", TaskCommand::What::kShow);
  add("cancel", "ask for a task's end", TaskCommand::What::kCancel);
}

void add_status(CLI::App& app, CommandLine& line, StatusCommand& status) {
  CLI::App* command = app.add_subcommand(
      "status",
      with_example("accounts, how far they are, what is quarantined", "davenport status --json"));
  add_json(*command, status.json);
  command->callback([&line, &status] { line.command = status; });
}

void add_token_create(CLI::App& tokens, CommandLine& line, TokenCommand& token) {
  CLI::App* command = tokens.add_subcommand(
      "create", with_example("make a token and print it, this once",
                             "davenport token create --account alice,bob --expires 30d"));
  CLI::Option* account = command->add_option("--account", token.accounts,
                                             "accounts that it is for; '*' is all of them");
  account->delimiter(',')->type_name("A,...");
  CLI::Option* all = command->add_flag_callback(
      "--all", [&token] { token.accounts = {"*"}; }, "for all accounts");
  account->excludes(all);
  CLI::Option* read = command->add_flag("--read")->description("it may read (the default)");
  command
      ->add_flag("--admin", token.is_admin,
                 "it may also administer these accounts; with all of them, the server")
      ->excludes(read);
  command->add_flag("--force", token.force, "also for accounts that are not there (yet)");
  command->add_option("--expires", token.expires, "after 12h, 30d or 1y, or on a day: 2030-01-01")
      ->type_name("WHEN");
  add_json(*command, token.json);
  command->callback([&line, &token] {
    if (token.accounts.empty())
      throw CLI::ValidationError("--account", "name the accounts that it is for, or write --all");
    token.action = TokenCommand::Action::kCreate;
    line.command = token;
  });
}

void add_token(CLI::App& app, CommandLine& line, TokenCommand& token) {
  CLI::App* tokens = app.add_subcommand(
      "token", with_example("who may ask over HTTP: access tokens",
                            "davenport token create --account alice --expires 30d"));
  tokens->require_subcommand(1);
  add_token_create(*tokens, line, token);
  CLI::App* list = tokens->add_subcommand(
      "list", with_example("the tokens that there are", "davenport token list"));
  add_json(*list, token.json);
  list->callback([&line, &token] { line.command = token; });
  CLI::App* revoke = tokens->add_subcommand(
      "revoke", with_example("end a token, at once", "davenport token revoke 3f2a91c0de"));
  revoke->add_option("ID", token.id, "as list names it, and as it stands in the token")->required();
  revoke->callback([&line, &token] {
    token.action = TokenCommand::Action::kRevoke;
    line.command = token;
  });
}

// The command that was written, with those above it.
struct WrittenCommand {
  std::string name;
  bool lacks_part = false;  // it is one of several parts that was to be named ("task list")
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

std::variant<CommandLine, Information> parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  SyncCommand sync;
  ImportCommand import;
  ExportCommand export_;
  ListCommand list;
  ChangesCommand changes;
  SearchCommand search;
  std::vector<std::string> query_words;
  CompleteCommand complete;
  std::vector<std::string> typed_words;
  ShowCommand show;
  ReindexCommand reindex;
  CompactCommand compact;
  DoctorCommand doctor;
  BackupCommand backup;
  TaskCommand task;
  StatusCommand status;
  TokenCommand token;

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
      "refused, or the doctor leaves differences.");
  add_serve(app, line);
  add_sync(app, line, sync);
  add_import(app, line, import);
  add_export(app, line, export_);
  add_list(app, line, list);
  add_changes(app, line, changes);
  add_search(app, line, search, query_words);
  add_complete(app, line, complete, typed_words);
  add_show(app, line, show);
  add_reindex(app, line, reindex);
  add_compact(app, line, compact);
  add_doctor(app, line, doctor);
  add_backup(app, line, backup);
  add_task(app, line, task);
  add_status(app, line, status);
  add_token(app, line, token);
  const auto operators = add_operator_commands(app, line);

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
