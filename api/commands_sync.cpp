#include <algorithm>
#include <fmt/format.h>
#include <optional>

#include "api/admin_client.hpp"
#include "api/commands.hpp"
#include "api/log.hpp"
#include "api/metrics.hpp"
#include "api/replication.hpp"
#include "api/stop_signals.hpp"
#include "api/terminal.hpp"

namespace api {
namespace {

std::string database_line(const SyncOutcome::Database& database) {
  if (database.is_absent) return fmt::format("{}: not there at the source\n", database.name);
  const std::string attachments =
      database.pulled.blobs > 0 ? fmt::format("{} attachments, ", database.pulled.blobs) : "";
  return fmt::format("{}: {} documents, {}{}, {}\n", database.name, database.pulled.documents,
                     attachments, bytes_in_words(database.pulled.bytes),
                     in_words(database.duration));
}

int sync_until_caught_up(const SyncCommand& command, const Config& config) {
  Metrics metrics;
  Accounts accounts(config, replica::sqlite::Access::kReadWrite);
  Replication replication(config, accounts, metrics);
  SyncOutcome outcome;
  {
    ProgressLine line;
    outcome = replication.sync(
        command.account, !command.no_index, [&](const replica::PullSummary& pulled) {
          line.show(
              fmt::format("{} documents, {}", pulled.documents, bytes_in_words(pulled.bytes)));
        });
  }
  std::string lines;
  for (const auto& database : outcome.databases) lines += database_line(database);
  if (!command.no_index) {
    lines += fmt::format("index: {} entries, {}\n", outcome.entries_indexed,
                         in_words(outcome.index_duration));
  }
  print(lines);
  for (const std::string& document : outcome.quarantined) {
    fmt::print(stderr, "davenport: quarantined: {}\n", for_terminal(document));
  }
  return outcome.quarantined.empty() ? kDone : kDoneButSomeRefused;
}

// Follows one account, as `serve` does with all of them, and logs what comes.
int follow(const Config& config) {
  configure_log(config.log);
  const StopSignals stop;
  Metrics metrics;
  Accounts accounts(config, replica::sqlite::Access::kReadWrite);
  Replication replication(config, accounts, metrics);
  replication.start();
  (void)stop.wait();
  replication.stop();
  return kDone;
}

// The configuration with this account alone: of the source that lists it, else of the one where it was found or may be.
std::optional<Config> only_with(const std::string& account, const Config& config) {
  const SourceConfig* source =
      Accounts(config, replica::sqlite::Access::kReadOnly).source_of(account);
  if (source == nullptr && is_valid_account_name(account)) {
    const auto any = std::find_if(config.sources.begin(), config.sources.end(),
                                  [](const SourceConfig& each) { return each.has_all_accounts; });
    if (any != config.sources.end()) source = &*any;
  }
  if (source == nullptr) return std::nullopt;
  Config only = config;
  only.sources = {*source};
  only.sources.front().accounts = {account};
  only.sources.front().has_all_accounts = false;
  return only;
}

void show_task(ProgressLine& line, const TaskReport& task) {
  const std::string left =
      task.seconds_left
          ? fmt::format(", {} left", in_words(std::chrono::seconds(*task.seconds_left)))
          : "";
  line.show(task.of > 0 ? fmt::format("{}: {} of {}{}", task.kind, task.done, task.of, left)
                        : fmt::format("{}: {}", task.kind, task.state));
}

TaskReport run_at_server(const AdminClient& server, const std::string& target) {
  ProgressLine line;
  return server.run_task(target, "", [&](const TaskReport& task) { show_task(line, task); });
}

}  // namespace

int finish(const TaskReport& task) {
  print(task.outcome + "\n");
  for (const std::string& problem : task.problems)
    fmt::print(stderr, "davenport: {}\n", for_terminal(problem));
  return task.problems.empty() ? kDone : kDoneButSomeRefused;
}

int run(const SyncCommand& command, const CommandLine&, const Config& config) {
  const auto only = only_with(command.account, config);
  if (!only) {
    throw std::runtime_error(fmt::format(
        "account '{}' has no source: add it to accounts of a [[source]] in the configuration",
        for_terminal(command.account)));
  }
  if (const AdminClient server(config.data_dir); server.is_served()) {
    return finish(
        run_at_server(server, fmt::format("/v1/admin/accounts/{}/sync", command.account)));
  }
  return command.once ? sync_until_caught_up(command, *only) : follow(*only);
}

int run(const ReindexCommand& command, const CommandLine&, const Config& config) {
  if (const AdminClient server(config.data_dir); server.is_served()) {
    if (!is_valid_account_name(command.account)) {
      throw std::runtime_error(fmt::format("unknown account '{}'", for_terminal(command.account)));
    }
    return finish(
        run_at_server(server, fmt::format("/v1/admin/accounts/{}/reindex", command.account)));
  }
  Accounts accounts(config, replica::sqlite::Access::kReadWrite);
  const auto account = open_account(accounts, command.account);
  const auto start = std::chrono::steady_clock::now();
  indexer::Progress progress;
  const std::size_t entries = account->reindex(progress);
  print(fmt::format("indexed {} entries in {}\n", entries,
                    in_words(std::chrono::duration_cast<std::chrono::milliseconds>(
                        std::chrono::steady_clock::now() - start))));
  return kDone;
}

}  // namespace api
