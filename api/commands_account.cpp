#include <algorithm>
#include <fmt/format.h>
#include <iostream>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "api/account_removal.hpp"
#include "api/admin_client.hpp"
#include "api/command_support.hpp"
#include "api/commands.hpp"
#include "api/data_folder.hpp"
#include "api/message_lines.hpp"
#include "api/percent.hpp"
#include "api/render.hpp"
#include "api/store_upkeep.hpp"
#include "api/terminal.hpp"

namespace api {
namespace {

using nlohmann::json;

// "alice  couch    paused", with the databases that are not well below.
std::string account_line(const json& account) {
  const std::string source = account.value("local", false) ? "local" : text_of(account, "source");
  const char* state = account.value("paused", false) ? "paused"
                      : account.value("gone", false) ? "gone from its source"
                                                     : "";
  std::string lines =
      fmt::format("{}  {}  {}", fit(text_of(account, "account"), 24), fit(source, 16), state);
  lines.erase(lines.find_last_not_of(' ') + 1);
  lines += '\n';
  for (const json& feed : account.value("feeds", json::array())) {
    if (const std::string error = text_of(feed, "lastError"); !error.empty())
      lines += fmt::format("    {}: {} ({})\n", text_of(feed, "database"), text_of(feed, "state"),
                           error);
  }
  return lines;
}

int list(const AccountCommand& command, const AdminClient& server, const Config& config) {
  Accounts accounts(config, replica::sqlite::Access::kReadOnly);
  const std::string answer = server.is_served() ? server.request("GET", "/v1/admin/accounts")
                                                : render_accounts(accounts, {});
  if (command.json) {
    print(answer + "\n");
    return kDone;
  }
  const json parsed = json::parse(answer, nullptr, false);
  std::string lines;
  for (const json& account : parsed.value("accounts", json::array()))
    lines += account_line(account);
  for (const json& name : parsed.value("removed", json::array()))
    lines += fmt::format("{}  removed\n", fit(name.get<std::string>(), 24));
  print(lines);
  return kDone;
}

void expect_known(Accounts& accounts, const std::string& name, bool may_be_removed) {
  if (accounts.contains(name) && is_valid_account_name(name)) return;
  if (may_be_removed && accounts.registry().account_state(name) == AccountState::kRemoved) return;
  throw std::runtime_error(
      fmt::format("unknown account '{}': davenport account list names them", for_terminal(name)));
}

// What a removal would take, as far as it can be read.
std::string what_goes(Accounts& accounts, const Config& config, const std::string& name) {
  std::string documents = "documents that cannot be counted";
  try {
    std::int64_t count = 0;
    if (const auto account = accounts.find(name)) {
      for (const auto& each : account->stores().all()) count += each.store->counts().documents;
    }
    documents = fmt::format("{} documents", count);
  } catch (const std::exception&) {  // damaged: a reason to remove it
  }
  return fmt::format("{}, {}", documents, bytes_in_words(bytes_of_account(config.data_dir, name)));
}

// Throws UsageError when nobody can be asked.
bool is_confirmed(const AccountCommand& command) {
  if (command.yes) return true;
  if (!is_terminal(STDIN_FILENO) || !is_terminal(STDERR_FILENO)) {
    throw UsageError(fmt::format(
        "this deletes all that account '{0}' has, and there is no terminal to ask: davenport "
        "account remove {0} --yes",
        for_terminal(command.account)));
  }
  fmt::print(stderr, "This cannot be undone. Type the account's name to remove it: ");
  std::string typed;
  std::getline(std::cin, typed);
  return typed == command.account;
}

int remove(const AccountCommand& command, const AdminClient& server, const Config& config) {
  const std::string& name = command.account;
  std::string what;
  {
    Accounts accounts(config, replica::sqlite::Access::kReadOnly);
    expect_known(accounts, name, false);
    what = what_goes(accounts, config, name);
  }
  print(fmt::format("account {}: {}\n", name, what));
  if (!is_confirmed(command)) throw std::runtime_error("not removed: another name was typed");
  if (server.is_served()) {
    server.request("DELETE",
                   fmt::format("/v1/admin/accounts/{0}?confirm={0}", percent_encode(name)));
  } else {
    remove_account(config, name);
  }
  const bool stays_away =
      Accounts(config, replica::sqlite::Access::kReadOnly).registry().account_state(name) ==
      AccountState::kRemoved;
  print(fmt::format("removed{}\n",
                    stays_away
                        ? fmt::format("; whether its source has it or comes to have it again, "
                                      "it stays away until: davenport account resume {}",
                                      name)
                        : ""));
  return kDone;
}

// The next pull compares the stores with the source. The sequences are reset first: after a kill in
// between, the next look is merely in vain.
void resync_here(const Config& config, const std::string& name) {
  Accounts accounts(config, replica::sqlite::Access::kReadWrite);
  if (accounts.registry().is_gone(name)) throw std::runtime_error(nothing_to_compare_with(name));
  accounts.registry().forget_sequences(name);
  begin_sweeps(*open_account(accounts, name));
}

std::string what_was_done(const AccountCommand& command, bool is_served, bool was_paused) {
  switch (command.action) {
    case AccountCommand::Action::kPause:
      return "paused: nothing is pulled; what is here can be read";
    case AccountCommand::Action::kResume:
      return is_served ? "resumed" : "resumed: it is pulled when a server runs, or by sync";
    case AccountCommand::Action::kResync:
      if (was_paused)
        return fmt::format(
            "is compared with its source once it is resumed: davenport account resume {}",
            command.account);
      return is_served ? "is being compared with its source; davenport status shows its feeds"
                       : "is compared with its source by the next pull";
    case AccountCommand::Action::kList:
    case AccountCommand::Action::kRemove:
      break;
  }
  return "";
}

int change(const AccountCommand& command, const AdminClient& server, const Config& config) {
  const std::string& name = command.account;
  const bool is_served = server.is_served();
  bool was_paused = false;
  {
    Accounts accounts(config, replica::sqlite::Access::kReadOnly);
    expect_known(accounts, name, command.action == AccountCommand::Action::kResume);
    const bool comes_back = command.action == AccountCommand::Action::kResume &&
                            accounts.registry().account_state(name) == AccountState::kRemoved;
    if (!comes_back && accounts.source_of(name) == nullptr) {
      throw std::runtime_error(
          fmt::format("account '{}' is local: nothing is pulled into it", name));
    }
    was_paused = accounts.registry().account_state(name) == AccountState::kPaused;
  }
  if (is_served) {
    const char* route = command.action == AccountCommand::Action::kPause    ? "pause"
                        : command.action == AccountCommand::Action::kResume ? "resume"
                                                                            : "resync";
    server.request("POST", fmt::format("/v1/admin/accounts/{}/{}", percent_encode(name), route));
  } else if (command.action == AccountCommand::Action::kResync) {
    resync_here(config, name);
  } else {
    Registry(davenport_db_file(config.data_dir), replica::sqlite::Access::kReadWrite)
        .set_account_state(name, command.action == AccountCommand::Action::kPause
                                     ? AccountState::kPaused
                                     : AccountState::kFollowed);
  }
  print(fmt::format("account {} {}\n", name, what_was_done(command, is_served, was_paused)));
  return kDone;
}

}  // namespace

int run(const AccountCommand& command, const CommandLine&, const Config& config) {
  const AdminClient server(config.data_dir);
  if (command.action == AccountCommand::Action::kList) return list(command, server, config);
  if (command.action == AccountCommand::Action::kRemove) return remove(command, server, config);
  return change(command, server, config);
}

}  // namespace api
