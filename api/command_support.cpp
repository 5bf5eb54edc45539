#include "api/command_support.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>

#include "api/terminal.hpp"

namespace api {
namespace {

constexpr const char* kDefaultConfig = "/etc/davenport/davenport.toml";

}  // namespace

void print(std::string_view text) {
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (written) return;
  if (errno == EPIPE) std::_Exit(kDone);
  throw std::runtime_error(
      fmt::format("cannot write to standard output: {}", std::strerror(errno)));
}

std::optional<std::filesystem::path> config_file(const CommandLine& line) {
  const bool is_default = !line.config && std::filesystem::exists(kDefaultConfig);
  return is_default ? std::filesystem::path(kDefaultConfig) : line.config;
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

void require_account(const std::string& account, const Config& config) {
  if (!Accounts(config, replica::sqlite::Access::kReadOnly).contains(account))
    throw std::runtime_error(fmt::format("unknown account '{}'", for_terminal(account)));
}

std::vector<std::string> all_accounts(const Config& config) {
  return Accounts(config, replica::sqlite::Access::kReadOnly).names();
}

void refuse_query(const indexer::QueryError& error) {
  throw UsageError(
      fmt::format("{} (position {} of the query)", for_terminal(error.message), error.position));
}

}  // namespace api
