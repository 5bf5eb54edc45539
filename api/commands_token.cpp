#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "api/clock.hpp"
#include "api/command_support.hpp"
#include "api/commands.hpp"
#include "api/data_folder.hpp"
#include "api/terminal.hpp"
#include "api/tokens.hpp"
#include "mail/documents.hpp"

namespace api {
namespace {

using nlohmann::json;
using std::chrono::sys_seconds;

// "12h", "30d", "1y", or the day that it ends with.
sys_seconds parse_expiry(std::string_view text) {
  if (const auto span = parse_duration(text))
    return current_time() + std::chrono::ceil<std::chrono::seconds>(*span);
  const auto age = parse_message_age(text);
  if (age && !age->date) return current_time() + age->span;
  if (age && *age->date > current_time()) return *age->date;
  throw UsageError(fmt::format(
      "--expires '{}' is no time to come: write 12h, 30d, 1y or a day such as 2030-01-01", text));
}

json to_json(const Token& token) {
  json shown = {{"id", token.id},
                {"accounts", token.accounts},
                {"right", token.is_admin ? "admin" : "read"},
                {"created", to_rfc3339(token.created)},
                {"expires", nullptr}};
  if (token.has_all_accounts) shown["accounts"] = {"*"};
  if (token.expires) shown["expires"] = to_rfc3339(*token.expires);
  return shown;
}

std::string line_of(const Token& token) {
  const std::string accounts =
      token.has_all_accounts ? "all accounts" : fmt::format("{}", fmt::join(token.accounts, ", "));
  std::string line =
      fmt::format("{}  {:5}  {}  created {}", token.id, token.is_admin ? "admin" : "read", accounts,
                  to_rfc3339(token.created));
  if (token.expires) {
    line += fmt::format("  {} {}", *token.expires <= current_time() ? "expired" : "expires",
                        to_rfc3339(*token.expires));
  }
  return line + "\n";
}

// A misspelt name would make a token that opens nothing until an account of that name is created.
void expect_accounts(const Token& token, const Config& config) {
  const Accounts accounts(config, replica::sqlite::Access::kReadOnly);
  const auto names = accounts.names();
  for (const auto& name : token.accounts) {
    if (std::binary_search(names.begin(), names.end(), name)) continue;
    throw std::runtime_error(fmt::format(
        "there is no account '{}', and no source names it: davenport account list names those that "
        "there are; for one that is still to come, say --force",
        name));
  }
}

int create(const TokenCommand& command, const Config& config) {
  Token token;
  token.is_admin = command.is_admin;
  for (const auto& name : command.accounts) {
    token.has_all_accounts = token.has_all_accounts || name == "*";
    if (name != "*" && !is_valid_account_name(name))
      throw UsageError(fmt::format("--account '{}' cannot be an account's name", name));
  }
  if (!token.has_all_accounts) token.accounts = command.accounts;
  if (!command.expires.empty()) token.expires = parse_expiry(command.expires);
  if (!command.force) expect_accounts(token, config);
  const std::string text =
      Tokens(davenport_db_file(config.data_dir), replica::sqlite::Access::kReadWrite).create(token);
  if (command.json) {
    json shown = to_json(token);
    shown["token"] = text;
    print(shown.dump() + "\n");
    return kDone;
  }
  print(text + "\n");
  return kDone;
}

int list(const TokenCommand& command, const Config& config) {
  const Tokens tokens(davenport_db_file(config.data_dir), replica::sqlite::Access::kReadOnly);
  json all = json::array();
  std::string lines;
  for (const auto& token : tokens.list()) {
    all.push_back(to_json(token));
    lines += line_of(token);
  }
  print(command.json ? json{{"tokens", all}}.dump() + "\n" : lines);
  return kDone;
}

int revoke(const TokenCommand& command, const Config& config) {
  const auto file = davenport_db_file(config.data_dir);
  const bool was_there = std::filesystem::exists(file) &&
                         Tokens(file, replica::sqlite::Access::kReadWrite).revoke(command.id);
  if (!was_there) {
    throw std::runtime_error(
        fmt::format("there is no token '{}': davenport token list names them", command.id));
  }
  return kDone;
}

}  // namespace

int run(const TokenCommand& command, const CommandLine&, const Config& config) {
  switch (command.action) {
    case TokenCommand::Action::kCreate:
      return create(command, config);
    case TokenCommand::Action::kList:
      return list(command, config);
    case TokenCommand::Action::kRevoke:
      break;
  }
  return revoke(command, config);
}

}  // namespace api
