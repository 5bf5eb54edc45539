#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/admin_client.hpp"
#include "api/command_support.hpp"
#include "api/commands.hpp"
#include "api/render.hpp"
#include "api/status_lines.hpp"
#include "api/terminal.hpp"

namespace api {

int run(const StatusCommand& command, const CommandLine&, const Config& config) {
  const AdminClient server(config.data_dir);
  const bool is_served = server.is_served();
  if (!is_served && !std::filesystem::is_directory(config.data_dir)) {
    throw std::runtime_error(
        fmt::format("the data folder {} is not there: serve, sync and import make it; --config or "
                    "--data names another",
                    for_terminal(config.data_dir.string())));
  }
  Accounts accounts(config, replica::sqlite::Access::kReadOnly);
  const std::string status =
      is_served ? server.request("GET", "/v1/admin/status") : render_status(accounts, {}, {}, {});
  if (command.json) {
    print(status + "\n");
  } else {
    print(status_lines(nlohmann::json::parse(status, nullptr, false), is_served));
  }
  return kDone;
}

}  // namespace api
