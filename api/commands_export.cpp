#include <fmt/format.h>
#include <unistd.h>

#include "api/command_support.hpp"
#include "api/commands.hpp"
#include "api/data_folder.hpp"
#include "api/progress_watcher.hpp"
#include "api/terminal.hpp"
#include "indexer/export.hpp"

namespace api {

int run(const ExportCommand& command, const CommandLine&, const Config& config) {
  if (is_terminal(STDOUT_FILENO)) {
    throw UsageError(
        fmt::format("an export is a tar, and no terminal shows it: davenport export {0} > {0}.tar",
                    command.account));
  }
  const auto folder = account_folder(config.data_dir, command.account);
  if (!is_valid_account_name(command.account) || !std::filesystem::is_directory(folder))
    throw indexer::AccountUnknown(
        fmt::format("unknown account '{}'", for_terminal(command.account)));
  const auto doctype_member =
      Accounts(config, replica::sqlite::Access::kReadOnly).doctype_member_of(command.account);
  Tasks tasks(davenport_db_file(config.data_dir));
  indexer::ExportSummary exported;
  const auto export_account = [&](const TaskReport&, indexer::Progress& progress) -> TaskOutcome {
    exported = indexer::export_account(folder, command.account, doctype_member, command.since,
                                       STDOUT_FILENO, progress);
    return {fmt::format("{} documents", exported.documents)};
  };
  with_progress("export", [&](indexer::Progress& progress) {
    return tasks.run({"export", command.account}, export_account, progress);
  });
  fmt::print(stderr, "exported {} documents, {} messages, {} other files\n", exported.documents,
             exported.messages, exported.files);
  if (exported.missing > 0) {
    fmt::print(
        stderr,
        "{} attachments are named by documents, and their bytes are not here: they are not in "
        "the export\n",
        exported.missing);
  }
  fmt::print(stderr, "state: {}\n", exported.state);
  return exported.missing == 0 ? kDone : kDoneButSomeRefused;
}

}  // namespace api
