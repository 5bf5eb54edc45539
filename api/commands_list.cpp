#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/command_support.hpp"
#include "api/commands.hpp"
#include "api/list_parameters.hpp"
#include "api/message_lines.hpp"
#include "api/render.hpp"
#include "api/terminal.hpp"
#include "mail/ascii.hpp"

namespace api {
namespace {

using nlohmann::json;

[[noreturn]] void refuse_cursor() {
  throw UsageError(
      "that is no cursor of this list: take the one that a page with the same options printed");
}

indexer::MessageFilter filter_of(const ListFilter& given, const indexer::Account& account) {
  indexer::MessageFilter filter;
  if (!given.mailbox.empty()) {
    const auto mailbox = account.find_mailbox(given.mailbox);
    if (!mailbox)
      throw UsageError(
          fmt::format("account '{}' has no mailbox '{}'", account.name(), given.mailbox));
    filter.mailbox = *mailbox;
  }
  filter.keyword = mail::lower_ascii(given.keyword);
  const auto only = [](bool wanted) { return wanted ? std::optional(true) : std::nullopt; };
  filter.unread = only(given.unread);
  filter.flagged = only(given.flagged);
  filter.answered = only(given.answered);
  filter.draft = only(given.draft);
  filter.attachment = only(given.attachment);
  if (const auto wrong = contradiction(filter)) throw UsageError(*wrong);
  return filter;
}

indexer::ListQuery query_of(const ListCommand& command, const indexer::Account& account) {
  indexer::ListQuery query;
  query.filter = filter_of(command.filter, account);
  query.threads = command.threads;
  set_sort(query, command.sort);
  query.limit = command.limit;
  if (!command.after.empty()) query.after = command.after;
  if (!command.before.empty()) query.before = command.before;
  if (!command.around.empty()) query.anchor = anchor_around(command.around, command.limit);
  return query;
}

std::string other_page(const ListCommand& command, const CommandLine& line, const char* option,
                       const std::string& cursor) {
  std::vector<std::string> words = {"list", command.account};
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) words.insert(words.end(), {name, value});
  };
  const auto add_flag = [&](const char* name, bool given) {
    if (given) words.emplace_back(name);
  };
  add("--mailbox", command.filter.mailbox);
  add("--keyword", command.filter.keyword);
  add_flag("--unread", command.filter.unread);
  add_flag("--flagged", command.filter.flagged);
  add_flag("--answered", command.filter.answered);
  add_flag("--draft", command.filter.draft);
  add_flag("--attachment", command.filter.attachment);
  add_flag("--threads", command.threads);
  // "-received" would be read as an option.
  if (command.sort != "-received") words.push_back("--sort=" + command.sort);
  add("--limit", std::to_string(command.limit));
  words.push_back(fmt::format("{}={}", option, cursor));  // a cursor may begin with '-'
  return shell_command(line, words);
}

}  // namespace

int run(const ListCommand& command, const CommandLine& line, const Config& config) {
  Accounts accounts(config, replica::sqlite::Access::kReadOnly);
  const auto account = open_account(accounts, command.account);
  const indexer::ListPage page = account->list(query_of(command, *account));
  if (page.refused == indexer::ListRefusal::kAnchorNotFound)
    throw UsageError(fmt::format("message '{}' is not in this list", command.around));
  if (page.refused) refuse_cursor();
  if (command.json) {
    print(render_list(page) + "\n");
    return kDone;
  }
  const std::size_t width = terminal_width();
  std::string lines;
  for (const std::string& row : page.rows)
    lines += message_line(json::parse(row, nullptr, false), width);
  lines +=
      fmt::format("{}{} {}{}, {} unread\n", page.total_is_exact ? "" : "about ", page.total,
                  command.threads ? "thread" : "message", page.total == 1 ? "" : "s", page.unread);
  if (!page.complete)
    lines +=
        "the lists are being made: messages are missing (davenport status tells how far it is)\n";
  if (page.previous)
    lines += "page before: " + other_page(command, line, "--before", *page.previous) + "\n";
  if (page.next) lines += "next page: " + other_page(command, line, "--after", *page.next) + "\n";
  print(lines);
  return kDone;
}

int run(const ChangesCommand& command, const CommandLine&, const Config& config) {
  if (!indexer::is_list_state(command.since))
    throw UsageError("--since is no state: take the \"state\" that list --json or changes printed");
  Accounts accounts(config, replica::sqlite::Access::kReadOnly);
  const auto account = open_account(accounts, command.account);
  indexer::ListQuery query;
  query.filter = filter_of(command.filter, *account);
  query.threads = command.threads;
  query.limit = command.limit;
  const auto changes = account->changes(command.since, query);
  if (!changes) {
    throw std::runtime_error(
        "what changed since that state is not known any more: read the list anew");
  }
  if (command.json) {
    print(render_changes(*changes) + "\n");
    return kDone;
  }
  std::string lines;
  const auto add_lines = [&lines](std::string_view what, const std::vector<std::string>& ids) {
    for (const auto& id : ids) lines += fmt::format("{} {}\n", what, id);
  };
  add_lines("added", changes->added);
  add_lines("updated", changes->updated);
  add_lines("removed", changes->removed);
  lines += fmt::format("state {}{}\n", changes->state, changes->more ? " (there is more)" : "");
  print(lines);
  return kDone;
}

}  // namespace api
