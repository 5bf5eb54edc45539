#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "api/command_support.hpp"
#include "api/commands.hpp"
#include "api/config_check.hpp"
#include "api/terminal.hpp"

namespace api {
namespace {

using nlohmann::json;

std::string login_of(const replica::SourceAddress& address) {
  if (!address.token.empty()) return " with a token";
  if (address.user.empty()) return "";
  return fmt::format(" as {}{}", address.user,
                     address.password.empty() ? " without a password" : "");
}

// What the configuration comes to, without secrets.
std::string source_line(const SourceConfig& source) {
  const std::string accounts = source.has_all_accounts
                                   ? "all that are found there"
                                   : fmt::format("{}", fmt::join(source.accounts, ", "));
  return fmt::format("source {}: {}{}; layout {}; accounts: {}; watch {}, polled every {}\n",
                     source.name, source.address.url, login_of(source.address),
                     source.layout.pattern(), accounts, watch_name(source.watch),
                     in_words(source.poll_interval));
}

std::string settings(const Config& config) {
  std::string lines = fmt::format("data folder: {}\n", config.data_dir.string());
  lines += fmt::format("http: {}, {} workers\n", config.http.listen, config.http.workers);
  lines += fmt::format(
      "replication: {} accounts open at most, closed after {}; {} of documents under way, {} "
      "pulls of a source\n",
      config.replication.max_open_accounts, in_words(config.replication.account_idle),
      bytes_in_words(config.replication.memory), config.replication.pulls);
  lines += fmt::format("index: language {}; headers {}\n", config.index.language,
                       fmt::join(config.index.headers, ", "));
  return lines;
}

std::string check_lines(const SourceCheck& check) {
  std::string lines =
      check.server.empty() ? "" : fmt::format("  {} answers\n", for_terminal(check.server));
  for (const std::string& fact : check.facts) lines += fmt::format("  {}\n", for_terminal(fact));
  for (const std::string& problem : check.problems)
    lines += fmt::format("  PROBLEM: {}\n", for_terminal(problem));
  return lines;
}

std::string as_json(const CheckedConfig& checked, const std::vector<SourceCheck>& checks) {
  json sources = json::array();
  for (const SourceConfig& source : checked.config.sources) {
    json row = {{"source", source.name}, {"url", source.address.url}};
    for (const SourceCheck& check : checks) {
      if (check.source != source.name) continue;
      row["server"] = check.server.empty() ? json() : json(check.server);
      row["facts"] = check.facts;
      row["problems"] = check.problems;
    }
    sources.push_back(std::move(row));
  }
  const json all = {{"mistakes", checked.mistakes},
                    {"dataDir", checked.config.data_dir.string()},
                    {"listen", checked.config.http.listen},
                    {"sources", std::move(sources)}};
  return all.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string as_text(const CheckedConfig& checked, const std::vector<SourceCheck>& checks) {
  std::string lines = settings(checked.config);
  for (std::size_t i = 0; i < checked.config.sources.size(); ++i) {
    lines += source_line(checked.config.sources[i]);
    if (i < checks.size()) lines += check_lines(checks[i]);
  }
  return lines;
}

}  // namespace

int run(const ConfigCheckCommand& command, const CommandLine& line, const Config&) {
  CheckedConfig checked = check_config(config_file(line));
  if (line.data) checked.config.data_dir = *line.data;
  if (checked.mistakes.empty()) checked.mistakes = check_machine(checked.config);
  for (const std::string& mistake : checked.mistakes)
    fmt::print(stderr, "davenport: {}\n", for_terminal(mistake));
  std::vector<SourceCheck> checks;
  if (command.connect && checked.mistakes.empty()) {
    for (const SourceConfig& source : checked.config.sources)
      checks.push_back(check_source(source));
  }
  if (command.json) {
    print(as_json(checked, checks));
  } else if (checked.mistakes.empty()) {
    print(as_text(checked, checks));
  }
  if (!checked.mistakes.empty()) return kWrongUsage;
  const bool has_problems = std::any_of(checks.begin(), checks.end(),
                                        [](const auto& each) { return !each.problems.empty(); });
  return has_problems ? kFailed : kDone;
}

}  // namespace api
