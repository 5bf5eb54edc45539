// The REST routes: from a request to accounts and back to JSON. No business rules.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "api/access.hpp"
#include "api/accounts.hpp"
#include "api/config.hpp"
#include "api/events.hpp"
#include "api/http_server.hpp"
#include "api/metrics.hpp"
#include "api/replication.hpp"
#include "api/tasks.hpp"

namespace api {

struct Route;
// All routes. Dispatch, 405 with its Allow field, the labels of metrics and the test of
// openapi.json use this table.
[[nodiscard]] std::span<const Route> route_table();

class Routes {
 public:
  Routes(const Config& config, Accounts& accounts, Tasks& tasks, Replication& replication,
         Metrics& metrics, Events& events, const AccessControl& access);
  ~Routes();

  // Never throws: errors become answers; unexpected ones become a 500 and a line in the log.
  [[nodiscard]] HttpResponse handle(const HttpRequest& request) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace api
