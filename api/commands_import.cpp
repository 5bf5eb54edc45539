#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <thread>
#include <unistd.h>

#include "api/account_removal.hpp"
#include "api/admin_client.hpp"
#include "api/command_support.hpp"
#include "api/command_tasks.hpp"
#include "api/commands.hpp"
#include "api/data_folder.hpp"
#include "api/progress_watcher.hpp"
#include "api/terminal.hpp"
#include "indexer/couch_target.hpp"
#include "indexer/import.hpp"

namespace api {
namespace {

using Clock = std::chrono::steady_clock;

int parser_threads() { return static_cast<int>(std::max(1U, std::thread::hardware_concurrency())); }

constexpr int kMaxLinks = 40;  // that are followed one after another, as the kernel does

// A name by which other processes can open what only this process knows by its own (standard input,
// /dev/fd/63 of a shell's "<(…)"): a server opens it while this command waits.
std::filesystem::path named_for_others(const std::filesystem::path& path) {
  namespace fs = std::filesystem;
  const std::string own = fmt::format("/proc/{}/", ::getpid());
  std::error_code error;
  fs::path at = path == "-" ? fs::path("/proc/self/fd/0") : path;
  for (int links = 0; links < kMaxLinks && fs::is_symlink(at, error); ++links) {
    const fs::path folder = fs::canonical(fs::absolute(at).parent_path(), error);
    if (error) break;
    if (folder.filename() == "fd" && folder.string().starts_with(own))
      return folder / at.filename();
    at = folder / fs::read_symlink(at, error);
    if (error) break;
  }
  return path;
}

std::vector<std::filesystem::path> named_for_others(std::vector<std::filesystem::path> paths) {
  for (auto& path : paths) {
    if (path.empty()) throw UsageError("PATH is empty: name a file or a folder, or \"-\"");
    path = named_for_others(path);
  }
  return paths;
}

// Absolute paths: another process may read the files, with another working directory.
std::string arguments_of(const std::vector<std::filesystem::path>& paths) {
  nlohmann::json arguments;
  for (const auto& path : paths) {
    std::error_code error;
    const bool is_pipe = std::filesystem::is_fifo(path, error);
    const auto whole =
        is_pipe ? std::filesystem::absolute(path, error) : std::filesystem::canonical(path, error);
    if (error) throw std::runtime_error(fmt::format("{}: {}", path.string(), error.message()));
    arguments["paths"].push_back(whole.string());
  }
  return arguments.dump();
}

indexer::ImportSummary import_locally(const ImportCommand& command, const Config& config) {
  Accounts accounts(config, replica::sqlite::Access::kReadWrite);
  (void)indexer::find_mail(command.paths);  // a path that is not there makes no account
  const AccountToFill filled(config, accounts, command.account);
  Tasks tasks(davenport_db_file(config.data_dir));
  indexer::ImportSummary summary;
  const auto import = [&](const TaskReport&, indexer::Progress& progress) -> TaskOutcome {
    summary = indexer::import_into(filled.account(), filled.folder(), command.paths,
                                   config.index.headers, progress);
    return {indexer::what_was_imported(summary)};
  };
  with_progress("import", [&](indexer::Progress& progress) {
    return tasks.run({"import", command.account, arguments_of(command.paths)}, import, progress);
  });
  return summary;
}

std::string_view without_slash(std::string_view url) {
  if (url.ends_with('/')) url.remove_suffix(1);
  return url;
}

// The layout of the databases there: that of the account's source, else of a source at that server
// that finds its accounts.
Layout layout_at(const std::string& url, const SourceConfig* source, const Config& config) {
  for (const SourceConfig& each : config.sources) {
    if (source == nullptr && each.has_all_accounts &&
        without_slash(each.address.url) == without_slash(url))
      source = &each;
  }
  Layout layout = source == nullptr ? Layout() : source->layout;
  if (layout.has_all_doctypes_in_one()) {
    throw std::runtime_error(
        fmt::format("layout {} of source {} has one database for all doctypes, which import "
                    "does not fill",
                    layout.pattern(), source->name));
  }
  return layout;
}

indexer::ImportSummary import_into_server(const ImportCommand& command, const Layout& layout,
                                          const Config& config) {
  replica::SourceAddress address;
  address.url = command.into;
  address.user = command.user;
  if (!command.password_file.empty()) address.password = read_secret(command.password_file);
  indexer::CouchTarget target(std::move(address), [&](mail::Doctype doctype) {
    return layout.database(command.account, doctype);
  });
  return with_progress("import", [&](indexer::Progress& progress) {
    return indexer::import_paths(command.paths, target, {parser_threads(), config.index.headers},
                                 progress);
  });
}

}  // namespace

int run(const ImportCommand& asked, const CommandLine&, const Config& config) {
  ImportCommand command = asked;
  command.paths = named_for_others(std::move(command.paths));
  if (!is_valid_account_name(command.account)) {
    throw UsageError(
        fmt::format("'{}' cannot be an account's name: use lower-case letters, digits and _-+$(). "
                    "after a first "
                    "letter or digit",
                    for_terminal(command.account)));
  }
  const SourceConfig* source =
      Accounts(config, replica::sqlite::Access::kReadOnly).source_of(command.account);
  if (command.into.empty() && source != nullptr) {
    throw std::runtime_error(
        fmt::format("account '{}' is pulled from {}: import into that server, with --into URL",
                    command.account, source->address.url));
  }
  if (command.into.empty() && AdminClient(config.data_dir).is_served())
    return run_task({"import", command.account, arguments_of(command.paths)}, TaskMode::kAwaited,
                    config);

  const auto start = Clock::now();
  const indexer::ImportSummary summary =
      command.into.empty()
          ? import_locally(command, config)
          : import_into_server(command, layout_at(command.into, source, config), config);
  const auto duration = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
  for (const indexer::RefusedFile& refused : summary.refused) {
    fmt::print(stderr, "davenport: {}: {}\n", for_terminal(refused.path),
               for_terminal(refused.reason));
  }
  print(fmt::format("{} in {:.1f} s; {} refused\n", indexer::what_was_imported(summary),
                    static_cast<double>(duration.count()) / 1'000, summary.refused.size()));
  return summary.refused.empty() ? kDone : kDoneButSomeRefused;
}

}  // namespace api
