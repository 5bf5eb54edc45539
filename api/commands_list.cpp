#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "api/commands.hpp"
#include "api/message_lines.hpp"
#include "api/render.hpp"
#include "api/terminal.hpp"

namespace api {
namespace {

using nlohmann::json;

[[noreturn]] void refuse_cursor() {
  throw UsageError("--after is no cursor of this command: take the one that its last page printed");
}

indexer::ListQuery query_of(const ListCommand& command, const indexer::Account& account) {
  indexer::ListQuery query;
  if (!command.mailbox.empty()) {
    const auto mailbox = account.find_mailbox(command.mailbox);
    if (!mailbox)
      throw UsageError(
          fmt::format("account '{}' has no mailbox '{}'", account.name(), command.mailbox));
    query.filter.mailbox = *mailbox;
  }
  query.filter.keyword = command.keyword;
  query.filter.unread = command.unread;
  query.filter.flagged = command.flagged;
  query.filter.attachment = command.attachment;
  query.threads = command.threads;
  query.ascending = command.ascending;
  query.limit = command.limit;
  if (!command.after.empty()) {
    query.after = decode_place_cursor(command.after);
    if (!query.after) refuse_cursor();
  }
  return query;
}

std::string next_page(const ListCommand& command, const CommandLine& line,
                      const indexer::OrderKey& next) {
  std::vector<std::string> words = {"list", command.account};
  const auto add = [&](const char* option, const std::string& value) {
    if (!value.empty()) words.insert(words.end(), {option, value});
  };
  const auto add_flag = [&](const char* option, bool given) {
    if (given) words.emplace_back(option);
  };
  add("--mailbox", command.mailbox);
  add("--keyword", command.keyword);
  add_flag("--unread", command.unread);
  add_flag("--flagged", command.flagged);
  add_flag("--attachment", command.attachment);
  add_flag("--threads", command.threads);
  if (command.ascending) add("--sort", "received");
  add("--limit", std::to_string(command.limit));
  add("--after", encode_cursor(next));
  return shell_command(line, words);
}

}  // namespace

int run(const ListCommand& command, const CommandLine& line, const Config& config) {
  Accounts accounts(config, replica::sqlite::Access::kReadOnly);
  const auto account = open_account(accounts, command.account);
  const indexer::ListPage page = account->list(query_of(command, *account));
  if (command.json) {
    print(render_list(page) + "\n");
    return kDone;
  }
  const std::size_t width = terminal_width();
  std::string lines;
  for (const std::string& row : page.rows)
    lines += message_line(json::parse(row, nullptr, false), width);
  lines += fmt::format("{}{} messages, {} unread\n", page.total_is_exact ? "" : "about ",
                       page.total, page.unread);
  if (page.next) lines += "next page: " + next_page(command, line, *page.next) + "\n";
  print(lines);
  return kDone;
}

std::shared_ptr<indexer::Account> open_account(Accounts& accounts, std::string_view name) {
  if (auto account = accounts.find(name)) return account;
  if (accounts.source_of(name) != nullptr) {
    throw std::runtime_error(
        fmt::format("account '{0}' was not pulled yet: run `davenport sync {0} --once`", name));
  }
  throw std::runtime_error(fmt::format(
      "unknown account '{}': `davenport status` names those that are there", for_terminal(name)));
}

void print(std::string_view text) {
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (written) return;
  if (errno == EPIPE) std::_Exit(kDone);
  throw std::runtime_error(
      fmt::format("cannot write to standard output: {}", std::strerror(errno)));
}

}  // namespace api
