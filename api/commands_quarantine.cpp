#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/admin_client.hpp"
#include "api/command_support.hpp"
#include "api/commands.hpp"
#include "api/message_lines.hpp"
#include "api/percent.hpp"
#include "api/render_quarantine.hpp"
#include "api/status_lines.hpp"
#include "api/store_upkeep.hpp"
#include "api/terminal.hpp"

namespace api {
namespace {

using nlohmann::json;

std::string line_of(const json& row) {
  if (row.contains("error"))
    return fmt::format("{}: {}\n", text_of(row, "account"), text_of(row, "error"));
  return fmt::format("{} {}: {}; since {}, tried {} times, {}\n", text_of(row, "database"),
                     text_of(row, "docId"), text_of(row, "reason"), text_of(row, "since"),
                     row.value("attempts", 0), next_attempt_in_words(row));
}

// Exit code 3 when there is something that is not ignored, so that a script can tell.
int list(const QuarantineCommand& command, const AdminClient& server, const Config& config) {
  Accounts accounts(config, replica::sqlite::Access::kReadOnly);
  if (!command.account.empty()) (void)open_account(accounts, command.account);
  const std::string target =
      command.account.empty() ? "/v1/admin/quarantine"
                              : "/v1/admin/quarantine?account=" + percent_encode(command.account);
  const auto names = command.account.empty() ? accounts.names() : std::vector{command.account};
  const std::string answer =
      server.is_served() ? server.request("GET", target) : render_quarantine(accounts, names);
  const json rows = json::parse(answer, nullptr, false).value("quarantined", json::array());
  std::string lines;
  for (const json& row : rows) lines += line_of(row);
  if (lines.empty()) lines = "nothing is in quarantine\n";
  print(command.json ? answer + "\n" : lines);
  const bool has_problems = std::any_of(
      rows.begin(), rows.end(), [](const json& row) { return !row.value("ignored", false); });
  return has_problems ? kDoneButSomeRefused : kDone;
}

// The number of documents and attachments.
std::int64_t change_here(const QuarantineCommand& command, const Config& config) {
  Accounts accounts(config, replica::sqlite::Access::kReadWrite);
  const auto account = open_account(accounts, command.account);
  const bool ignores = command.action == QuarantineCommand::Action::kIgnore;
  const auto changed = ignores ? ignore_quarantined(*account, command.document)
                               : retry_quarantined(*account, command.document.empty()
                                                                 ? std::nullopt
                                                                 : std::optional(command.document));
  accounts.registry().retry_quarantined(command.account);  // and counted anew
  return changed;
}

std::int64_t change_at_server(const QuarantineCommand& command, const AdminClient& server) {
  const char* what = command.action == QuarantineCommand::Action::kIgnore ? "ignore" : "retry";
  const std::string document =
      command.document.empty() ? "" : "?doc=" + percent_encode(command.document);
  try {
    const json answer = json::parse(
        server.request("POST", fmt::format("/v1/admin/accounts/{}/quarantine/{}{}",
                                           percent_encode(command.account), what, document)),
        nullptr, false);
    return answer.value(
        command.action == QuarantineCommand::Action::kIgnore ? "ignored" : "retried",
        std::int64_t{0});
  } catch (const AdminError& error) {
    if (error.code != "unknownDocument") throw;
    return 0;  // which is said as it is without a server
  }
}

}  // namespace

int run(const QuarantineCommand& command, const CommandLine&, const Config& config) {
  const AdminClient server(config.data_dir);
  if (command.action == QuarantineCommand::Action::kList) return list(command, server, config);
  {
    Accounts accounts(config, replica::sqlite::Access::kReadOnly);
    (void)open_account(accounts, command.account);
  }
  const bool is_served = server.is_served();
  const std::int64_t changed =
      is_served ? change_at_server(command, server) : change_here(command, config);
  if (changed == 0 && !command.document.empty()) {
    throw std::runtime_error(fmt::format(
        "account '{0}' has no document '{1}' in quarantine: davenport quarantine list {0} names "
        "those that are",
        command.account, for_terminal(command.document)));
  }
  const char* what = command.action == QuarantineCommand::Action::kIgnore
                         ? "ignored until it changes at its source"
                     : is_served ? "being tried again"
                                 : "tried again by the next pull";
  const std::string text = command.json ? fmt::format("{{\"changed\":{}}}\n", changed)
                                        : fmt::format("{}: {}\n", changed, what);
  print(text);
  return kDone;
}

}  // namespace api
