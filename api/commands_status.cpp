#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/admin_client.hpp"
#include "api/commands.hpp"
#include "api/message_lines.hpp"
#include "api/render.hpp"
#include "api/terminal.hpp"

namespace api {
namespace {

using nlohmann::json;

// Why files have no text, the most frequent reason first.
std::string extraction_lines(const json& extractions) {
  const auto failed = extractions.value("failed", std::int64_t{0});
  if (failed == 0) return "";
  std::vector<std::pair<std::int64_t, std::string>> reasons;
  const json counts = extractions.value("reasons", json::object());
  for (const auto& [reason, files] : counts.items())
    reasons.emplace_back(files.is_number_integer() ? files.get<std::int64_t>() : 0, reason);
  std::stable_sort(reasons.begin(), reasons.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string lines = fmt::format("  the text of {} files cannot be read\n", failed);
  for (const auto& [files, reason] : reasons)
    lines += fmt::format("    {}: {}\n", files, for_terminal(reason));
  return lines;
}

std::string account_lines(const json& account) {
  const std::string name = text_of(account, "account");
  if (account.contains("error")) return fmt::format("{}: {}\n", name, text_of(account, "error"));
  const json index = account.value("index", json::object());
  const json bytes = account.value("bytes", json::object());
  const auto size = [&](const char* what) {
    return bytes_in_words(bytes.value(what, std::uint64_t{0}));
  };
  const char* gone = account.value("gone", false) ? " (gone from its source)" : "";
  std::string lines =
      fmt::format("{}{}: {} messages, {} documents; store {}, lists {}, index {}\n", name, gone,
                  account.value("messages", 0), account.value("documents", 0), size("store"),
                  size("catalog"), size("index"));
  if (!index.value("complete", false))
    lines += fmt::format("  index: {} entries pending\n", index.value("pending", 0));
  if (const int failed = index.value("failed", 0); failed > 0)
    lines += fmt::format("  {} documents cannot be read\n", failed);
  lines += extraction_lines(account.value("extractions", json::object()));
  for (const json& feed : account.value("feeds", json::array())) {
    lines += fmt::format("  {}: {}", text_of(feed, "database"), text_of(feed, "state"));
    const std::string error = text_of(feed, "lastError");
    lines += error.empty() ? "\n" : fmt::format(" ({})\n", error);
  }
  for (const json& document : account.value("quarantined", json::array())) {
    lines += fmt::format("  quarantined: {} {}: {}; tried {} times, again {}\n",
                         text_of(document, "database"), text_of(document, "docId"),
                         text_of(document, "reason"), document.value("attempts", 0),
                         text_of(document, "nextAttempt"));
  }
  const json conflicts = account.value("conflicts", json::object());
  if (const int count = conflicts.value("count", 0); count > 0) {
    lines += fmt::format("  {} documents in conflict:", count);
    for (const json& document : conflicts.value("first", json::array()))
      lines += fmt::format(" {}", text_of(document, "docId"));
    lines += "\n";
  }
  return lines;
}

std::string source_lines(const json& source) {
  const json databases = source.value("databases", json::object());
  std::string lines = fmt::format(
      "source {} ({}): {}, watch {}, {} feeds; {} accounts, {} databases idle, {} crashing, {} "
      "gone",
      text_of(source, "source"), text_of(source, "url"), text_of(source, "state"),
      text_of(source, "watch"), source.value("openFeeds", 0), source.value("accounts", 0),
      source.value("idle", 0), databases.value("crashing", 0), databases.value("gone", 0));
  const std::string error = text_of(source, "lastError");
  return lines + (error.empty() ? "\n" : fmt::format(" ({})\n", error));
}

std::string status_lines(const json& status, bool is_served) {
  std::string lines = is_served ? "a server is running\n" : "no server is running\n";
  for (const json& source : status.value("sources", json::array())) lines += source_lines(source);
  for (const json& account : status.value("accounts", json::array()))
    lines += account_lines(account);
  for (const json& task : status.value("tasks", json::array())) {
    lines += fmt::format("task {} {}: {} {}\n", text_of(task, "kind"), text_of(task, "account"),
                         text_of(task, "state"), text_of(task, "outcome"));
  }
  return lines;
}

}  // namespace

int run(const StatusCommand& command, const CommandLine&, const Config& config) {
  const AdminClient server(config.data_dir);
  const bool is_served = server.is_served();
  Accounts accounts(config, replica::sqlite::Access::kReadOnly);
  const std::string status =
      is_served ? server.request("GET", "/v1/admin/status") : render_status(accounts, {}, {}, {});
  if (command.json) {
    print(status + "\n");
  } else {
    print(status_lines(json::parse(status, nullptr, false), is_served));
  }
  return kDone;
}

}  // namespace api
