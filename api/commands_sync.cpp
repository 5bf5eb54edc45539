#include <fmt/format.h>

#include "api/admin_client.hpp"
#include "api/commands.hpp"
#include "api/metrics.hpp"
#include "api/replication.hpp"
#include "api/stop_signals.hpp"
#include "api/terminal.hpp"

namespace api {
namespace {

std::string database_line(const SyncOutcome::Database& database) {
  if (database.absent) return fmt::format("{}: not there at the source\n", database.name);
  return fmt::format("{}: {} documents, {}, {}\n", database.name, database.pulled.documents,
                     bytes_in_words(database.pulled.bytes), in_words(database.duration));
}

int sync_until_caught_up(const SyncCommand& command, const SourceConfig& source,
                         indexer::Account& account) {
  Metrics metrics;
  SyncOutcome outcome;
  {
    ProgressLine line;
    outcome = sync_once(
        source, account, !command.no_index, metrics, [&](const replica::PullSummary& pulled) {
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
int follow(const SourceConfig& source, const Config& config, const std::string& account) {
  const StopSignals stop;
  Config only = config;
  only.sources = {source};
  only.sources.front().accounts = {account};
  Metrics metrics;
  Accounts accounts(only, replica::sqlite::Access::kReadWrite);
  Replication replication(only, accounts, metrics);
  replication.start();
  replication.index_soon(account);
  stop.wait();
  replication.stop();
  return kDone;
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
  const SourceConfig* source = config.source_of(command.account);
  if (source == nullptr) {
    throw std::runtime_error(fmt::format(
        "account '{}' has no source: add it to accounts of a [[source]] in the configuration",
        for_terminal(command.account)));
  }
  if (const AdminClient server(config.data_dir); server.is_served()) {
    return finish(
        run_at_server(server, fmt::format("/v1/admin/accounts/{}/sync", command.account)));
  }
  if (!command.once) return follow(*source, config, command.account);
  Accounts accounts(config, replica::sqlite::Access::kReadWrite);
  return sync_until_caught_up(command, *source, *open_account(accounts, config, command.account));
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
  const auto account = open_account(accounts, config, command.account);
  const auto start = std::chrono::steady_clock::now();
  indexer::Progress progress;
  const std::size_t entries = account->reindex(progress);
  print(fmt::format("indexed {} entries in {}\n", entries,
                    in_words(std::chrono::duration_cast<std::chrono::milliseconds>(
                        std::chrono::steady_clock::now() - start))));
  return kDone;
}

}  // namespace api
