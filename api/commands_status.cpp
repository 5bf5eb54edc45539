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

std::string account_lines(const json& account) {
  const std::string name = text_of(account, "account");
  if (account.contains("error")) return fmt::format("{}: {}\n", name, text_of(account, "error"));
  const json index = account.value("index", json::object());
  const json bytes = account.value("bytes", json::object());
  const auto size = [&](const char* what) {
    return bytes_in_words(bytes.value(what, std::uint64_t{0}));
  };
  std::string lines = fmt::format("{}: {} messages, {} documents; store {}, lists {}, index {}\n",
                                  name, account.value("messages", 0), account.value("documents", 0),
                                  size("store"), size("catalog"), size("index"));
  if (!index.value("complete", false))
    lines += fmt::format("  index: {} entries pending\n", index.value("pending", 0));
  if (const int failed = index.value("failed", 0); failed > 0)
    lines += fmt::format("  {} documents cannot be read\n", failed);
  for (const json& feed : account.value("feeds", json::array())) {
    lines += fmt::format("  {}: {}", text_of(feed, "database"), text_of(feed, "state"));
    const std::string error = text_of(feed, "lastError");
    lines += error.empty() ? "\n" : fmt::format(" ({})\n", error);
  }
  for (const json& document : account.value("quarantined", json::array())) {
    lines += fmt::format("  quarantined: {} {}: {}\n", text_of(document, "database"),
                         text_of(document, "docId"), text_of(document, "reason"));
  }
  return lines;
}

std::string status_lines(const json& status, bool is_served) {
  std::string lines = is_served ? "a server is running\n" : "no server is running\n";
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
