// Commands that bring mail in and out, and that read it.
#include <CLI/CLI.hpp>
#include <memory>
#include <vector>

#include "api/command_line_parts.hpp"
#include "api/list_parameters.hpp"
#include "api/search_call.hpp"

namespace api {
namespace {

constexpr std::size_t kMaxLimit = 1'000;  // rows of one page
constexpr std::size_t kMaxCompletions = 100;

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

void add_import(CLI::App& app, CommandLine& line) {
  const auto import = std::make_shared<ImportCommand>();
  CLI::App* command = app.add_subcommand(
      "import",
      with_example("Maildirs, mbox files, messages, folders or tars of them become documents; an "
                   "export is taken over",
                   "davenport import alice ~/Maildir archive.mbox"));
  command->add_option("ACCOUNT", import->account)->required();
  command->add_option("PATH", import->paths, "\"-\" is a tar on standard input")->required();
  CLI::Option* into =
      command->add_option("--into", import->into,
                          "CouchDB to write to, instead of the local account; databases are "
                          "named by the layout of the account's [[source]]");
  into->type_name("URL");
  CLI::Option* user = command->add_option("--user", import->user, "who writes there");
  user->needs(into);
  command->add_option("--password-file", import->password_file, "file that holds the password")
      ->needs(user);
  command->callback([&line, import] { line.command = *import; });
}

void add_export(CLI::App& app, CommandLine& line) {
  const auto export_ = std::make_shared<ExportCommand>();
  CLI::App* command = app.add_subcommand(
      "export", with_example("write an account to standard output, as a tar of mail, documents and "
                             "files; the state that it ends with is printed on standard error",
                             "davenport export alice | age -r KEY > alice.tar.age"));
  command->add_option("ACCOUNT", export_->account)->required();
  command
      ->add_option("--since", export_->since,
                   "only what changed since the export that ended with this state")
      ->type_name("STATE");
  command->callback([&line, export_] { line.command = *export_; });
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

void add_list(CLI::App& app, CommandLine& line) {
  const auto list = std::make_shared<ListCommand>();
  CLI::App* command = app.add_subcommand(
      "list", with_example("messages, newest first; times are UTC",
                           "davenport list alice --mailbox inbox --unread --sort subject"));
  command->add_option("ACCOUNT", list->account)->required();
  add_filter(*command, list->filter);
  command->add_flag("--threads", list->threads, "the newest message of each thread");
  const auto sorts = message_sorts();
  command
      ->add_option("--sort", list->sort,
                   "received, sent, from, to, subject or size; with \"-\" before it descending")
      ->check(CLI::IsMember(std::vector<std::string>(sorts.begin(), sorts.end())))
      ->type_name("KEY")
      ->capture_default_str();
  add_page(*command, list->limit, list->after);
  CLI::Option* after = command->get_option("--after");
  CLI::Option* before = command->add_option("--before", list->before,
                                            "cursor of the page after, to see the one before it");
  before->check(expect_filled)->type_name("CURSOR")->excludes(after);
  command->add_option("--around", list->around, "the page with this message in its middle")
      ->check(expect_filled)
      ->type_name("ID")
      ->excludes(after)
      ->excludes(before);
  add_json(*command, list->json);
  command->callback([&line, list] { line.command = *list; });
}

void add_changes(CLI::App& app, CommandLine& line) {
  const auto changes = std::make_shared<ChangesCommand>();
  CLI::App* command = app.add_subcommand(
      "changes", with_example("what became of a list since a state of it, as list --json tells one",
                              "davenport changes alice --mailbox inbox --since 1f0c…-42"));
  command->add_option("ACCOUNT", changes->account)->required();
  command->add_option("--since", changes->since)->type_name("STATE")->required();
  add_filter(*command, changes->filter);
  command->add_flag("--threads", changes->threads, "of the list by thread (list --threads)");
  command->add_option("--limit", changes->limit, "changed messages looked at in one go")
      ->check(CLI::Range(std::size_t{1}, kMaxLimit))
      ->capture_default_str();
  add_json(*command, changes->json);
  command->callback([&line, changes] { line.command = *changes; });
}

void add_search(CLI::App& app, CommandLine& line) {
  const auto search = std::make_shared<SearchCommand>();
  const auto words = std::make_shared<std::vector<std::string>>();
  CLI::App* command = app.add_subcommand(
      "search", with_example("full-text search; a query that begins with \"-\" comes after \"--\"; "
                             "times are UTC",
                             "davenport search alice 'from:ada subject:report after:2024'"));
  command->add_option("ACCOUNT", search->account)->required();
  command->add_option("QUERY", *words)->required();
  command
      ->add_option("--sort", search->sort,
                   "date (the default), relevance, or as a list: -received, subject …")
      ->check(CLI::IsMember(search_orders()))
      ->type_name("ORDER");
  command->add_flag("--threads", search->threads,
                    "of each thread the newest message found, by relevance the best");
  command->add_option("--kind", search->kind, "only mail, or only files")
      ->check(CLI::IsMember({"mail", "file"}))
      ->type_name("KIND");
  command
      ->add_option("--facets", search->facets,
                   "counts of the hits by sender, mailbox, year, type, keyword or language")
      ->type_name("F,...");
  command->add_flag("--filter", search->is_filter, "QUERY is a JSON filter (data/QUERY.md)");
  command->add_flag("--explain", search->explain,
                    "show what the query became: terms, forms, estimates");
  add_page(*command, search->limit, search->after);
  command->add_flag("--no-snippets", search->no_snippets,
                    "read no bodies for the words around a hit");
  add_json(*command, search->json);
  command->callback([&line, search, words] {
    search->query = CLI::detail::join(*words, " ");
    line.command = *search;
  });
}

void add_complete(CLI::App& app, CommandLine& line) {
  const auto complete = std::make_shared<CompleteCommand>();
  const auto words = std::make_shared<std::vector<std::string>>();
  CLI::App* command =
      app.add_subcommand("complete", with_example("names and addresses that begin so, best first",
                                                  "davenport complete alice 'ada ex'"));
  command->add_option("ACCOUNT", complete->account)->required();
  command->add_option("TEXT", *words, "beginnings of words of the name and parts of the address")
      ->required();
  command->add_option("--limit", complete->limit, "addresses")
      ->check(CLI::Range(std::size_t{1}, kMaxCompletions))
      ->capture_default_str();
  add_json(*command, complete->json);
  command->callback([&line, complete, words] {
    complete->typed = CLI::detail::join(*words, " ");
    line.command = *complete;
  });
}

void add_show(CLI::App& app, CommandLine& line) {
  const auto show = std::make_shared<ShowCommand>();
  CLI::App* command = app.add_subcommand(
      "show", with_example("one message or file, by the id that list and search print; times "
                           "without an offset are UTC",
                           "davenport show alice bS0wMDAx --text"));
  command->add_option("ACCOUNT", show->account)->required();
  command->add_option("ID", show->id)->required();
  CLI::Option_group* which = command->add_option_group("which part");
  const auto add_part = [&](const std::string& flag, ShowCommand::View view,
                            const std::string& help) {
    return which->add_flag_callback(
        flag, [show, view] { show->view = view; }, help);
  };
  add_part("--text", ShowCommand::View::kText, "only the text");
  add_part("--html", ShowCommand::View::kHtml, "only the HTML, made safe");
  add_part("--headers", ShowCommand::View::kHeaders, "only the headers");
  CLI::Option* raw =
      add_part("--raw", ShowCommand::View::kRaw, "the original message, byte for byte");
  add_part("--thread", ShowCommand::View::kThread, "the messages of its thread");
  CLI::Option* attachment = which->add_option(
      "--attachment", show->part, "the bytes of an attachment, by its name or part's number");
  attachment->check(expect_filled)->type_name("PART");
  which->require_option(0, 1);
  CLI::Option* output =
      command->add_option("--output", show->output, "file to write it to, else standard output");
  output->type_name("FILE")->needs(attachment);
  add_json(*command, show->json)->excludes(attachment)->excludes(raw);
  command->callback([&line, show] {
    if (!show->part.empty()) show->view = ShowCommand::View::kAttachment;
    line.command = *show;
  });
}

}  // namespace

void add_mail_commands(CLI::App& app, CommandLine& line) {
  add_import(app, line);
  add_export(app, line);
  add_list(app, line);
  add_changes(app, line);
  add_search(app, line);
  add_complete(app, line);
  add_show(app, line);
}

}  // namespace api
