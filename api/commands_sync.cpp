#include <algorithm>
#include <fmt/format.h>
#include <optional>

#include "api/admin_client.hpp"
#include "api/command_support.hpp"
#include "api/command_tasks.hpp"
#include "api/commands.hpp"
#include "api/data_folder.hpp"
#include "api/log.hpp"
#include "api/metrics.hpp"
#include "api/progress_watcher.hpp"
#include "api/replication.hpp"
#include "api/stop_signals.hpp"
#include "api/tasks.hpp"
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
  Tasks tasks(davenport_db_file(config.data_dir));
  Replication replication(config, accounts, metrics);
  SyncOutcome outcome;
  const auto sync = [&](const TaskReport&, indexer::Progress& progress) -> TaskOutcome {
    outcome = replication.sync(command.account, {.with_index = !command.no_index}, progress);
    return {fmt::format("{} documents", outcome.pulled.documents), problems_of(outcome)};
  };
  with_progress("sync", [&](indexer::Progress& progress) {
    return tasks.run({"sync", command.account}, sync, progress);
  });
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
  for (const std::string& database : outcome.behind)
    fmt::print(stderr, "davenport: {}\n", for_terminal(database));
  return problems_of(outcome).empty() ? kDone : kDoneButSomeRefused;
}

// Follows one account, as `serve` does with all of them, and logs what comes.
int follow(const SyncCommand& command, const Config& config) {
  configure_log(config.log);
  const StopSignals stop;
  Metrics metrics;
  Accounts accounts(config, replica::sqlite::Access::kReadWrite);
  Replication replication(config, accounts, metrics);
  replication.start(!command.no_index);
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

}  // namespace

int run(const SyncCommand& command, const CommandLine&, const Config& config) {
  const auto only = only_with(command.account, config);
  if (!only) {
    throw std::runtime_error(fmt::format(
        "account '{}' has no source: add it to accounts of a [[source]] in the configuration",
        for_terminal(command.account)));
  }
  if (AdminClient(config.data_dir).is_served())
    return run_task({"sync", command.account}, TaskMode::kAwaited, config);
  return command.once ? sync_until_caught_up(command, *only) : follow(command, *only);
}

}  // namespace api
