// The command line as values. Only parses: nothing is opened or looked up here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace api {

// Wrong usage; the message says what to write instead. Exit code 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct ServeCommand {};

struct SyncCommand {
  std::string account;
  bool once = false;  // stop when caught up; else follow until told to stop
  bool no_index = false;  // leave lists and index as they are
};

struct ImportCommand {
  std::string account;
  std::vector<std::filesystem::path> paths;
  std::string into;  // URL of a CouchDB; empty: into the local account
  std::string user;
  std::filesystem::path password_file;
};

struct ExportCommand {
  std::string account;
  std::string since;  // state of an earlier export; empty: everything
};

// Which messages of an account.
struct ListFilter {
  std::string mailbox;
  std::string keyword;
  bool unread = false;
  bool flagged = false;
  bool answered = false;
  bool draft = false;
  bool attachment = false;
};

struct ListCommand {
  std::string account;
  ListFilter filter;
  bool threads = false;
  std::string sort = "-received";
  std::size_t limit = 50;
  std::string after, before;  // cursors
  std::string around;  // id of a message
  bool json = false;
};

struct ChangesCommand {
  std::string account;
  ListFilter filter;
  bool threads = false;
  std::string since;
  std::size_t limit = 1'000;
  bool json = false;
};

struct SearchCommand {
  std::string account;
  std::string query;
  bool is_filter = false;  // the query is a JSON filter
  std::string sort = "date";
  bool threads = false;
  bool explain = false;
  std::string kind;  // "mail" or "file"; empty: both
  std::string facets;  // names, with commas
  std::size_t limit = 50;
  std::string after;
  bool no_snippets = false;
  bool json = false;
};

struct CompleteCommand {
  std::string account;
  std::string typed;
  std::size_t limit = 10;
  bool json = false;
};

struct ShowCommand {
  enum class View { kMessage, kText, kHtml, kHeaders, kRaw, kThread, kAttachment };
  std::string account;
  std::string id;
  View view = View::kMessage;
  std::string part;  // of kAttachment: partId or name
  std::filesystem::path output;  // for it; empty: standard output
  bool json = false;
};

// What a command does where a server runs its task: names the task and ends, or waits for its end.
enum class TaskMode { kDetached, kAwaited };

struct ReindexCommand {
  std::string account;  // empty: all of them
  std::string query;  // only what it finds
  bool failed = false;  // only what could not be read
  std::int64_t rate = 0;  // entries a second; 0: as many as can be
  TaskMode mode = TaskMode::kDetached;
};

struct CompactCommand {
  std::string account;  // empty: all of them
  TaskMode mode = TaskMode::kDetached;
};

struct DoctorCommand {
  std::string account;  // empty: all of them
  bool source = false;
  bool repair = false;
  bool json = false;
};

struct BackupCommand {
  std::string account;
  std::filesystem::path folder;
};

struct TaskCommand {
  enum class Action { kList, kShow, kCancel };
  Action action = Action::kList;
  std::string id;
  bool json = false;
};

struct StatusCommand {
  bool json = false;
};

struct TokenCommand {
  enum class Action { kCreate, kList, kRevoke };
  Action action = Action::kList;
  std::vector<std::string> accounts;  // of kCreate; "*": all
  bool is_admin = false;
  bool force = false;  // also for accounts that are not there
  std::string expires;  // "30d", "2030-01-01"; empty: never
  std::string id;  // of kRevoke
  bool json = false;
};

struct AccountCommand {
  enum class Action { kList, kRemove, kPause, kResume, kResync };
  Action action = Action::kList;
  std::string account;  // of all but kList
  bool yes = false;  // kRemove does not ask
  bool json = false;
};

struct QuarantineCommand {
  enum class Action { kList, kRetry, kIgnore };
  Action action = Action::kList;
  std::string account;  // empty: all, of kList
  std::string document;  // empty: all, of kRetry
  bool json = false;
};

struct ConfigCheckCommand {
  bool connect = false;  // asks the sources
  bool json = false;
};

struct CommandLine {
  std::optional<std::filesystem::path> config;  // none: the default file where it is there
  std::optional<std::filesystem::path> data;  // instead of the configuration's data_dir
  std::variant<ServeCommand, SyncCommand, ImportCommand, ExportCommand, ListCommand, ChangesCommand,
               SearchCommand, CompleteCommand, ShowCommand, ReindexCommand, CompactCommand,
               DoctorCommand, BackupCommand, TaskCommand, StatusCommand, AccountCommand,
               QuarantineCommand, ConfigCheckCommand, TokenCommand>
      command;
};

// Help or version: print it to standard output and do nothing else.
struct Information {
  std::string text;
};

// Throws UsageError.
[[nodiscard]] std::variant<CommandLine, Information> parse_command_line(int argc,
                                                                        const char* const* argv);

}  // namespace api
