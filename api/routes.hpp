// The REST routes: from a request to accounts and back to JSON. No business rules.
#pragma once

#include "api/accounts.hpp"
#include "api/config.hpp"
#include "api/http_server.hpp"
#include "api/metrics.hpp"
#include "api/replication.hpp"
#include "api/tasks.hpp"

namespace api {

class Routes {
 public:
  Routes(const Config& config, Accounts& accounts, Tasks& tasks, Replication& replication, Metrics& metrics);

  // Never throws: what goes wrong becomes an answer, what is not foreseen a 500 with a line in the log.
  [[nodiscard]] HttpResponse handle(const HttpRequest& request) const;

 private:
  const Config& config_;
  Accounts& accounts_;
  Tasks& tasks_;
  Replication& replication_;
  Metrics& metrics_;
};

}  // namespace api
