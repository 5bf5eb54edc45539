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
// All routes; the truth for dispatch, for 405 and its Allow, for the labels of metrics, and for openapi.json.
[[nodiscard]] std::span<const Route> route_table();

class Routes {
 public:
  Routes(const Config& config, Accounts& accounts, Tasks& tasks, Replication& replication,
         Metrics& metrics, Events& events, const AccessControl& access);
  ~Routes();

  // Never throws: what goes wrong becomes an answer, what is not foreseen a 500 with a line in the log.
  [[nodiscard]] HttpResponse handle(const HttpRequest& request) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace api
