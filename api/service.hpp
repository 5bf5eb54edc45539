// All parts of a server that depend on the configuration. The sockets outlive them: at a reload the
// parts are built again from the new configuration, while connections stay open. Until the work of
// the old parts has ended, which may take a while, these answer GET requests; other requests, and all
// while parts are exchanged, are put off.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

#include "api/access.hpp"
#include "api/config.hpp"
#include "api/events.hpp"
#include "api/http_server.hpp"
#include "api/metrics.hpp"

namespace api {

class Service {
 public:
  // Throws what the parts throw for a configuration that cannot be used.
  Service(Config config, Metrics& metrics, Events& events, const AccessControl& access);
  ~Service();  // stops

  // Any thread; never throws.
  [[nodiscard]] HttpResponse handle(const HttpRequest& request);
  // Ends all work, lets requests under way finish, and begins again with `config`. Where that
  // fails, returns false and goes on with the configuration from before. Throws when that one cannot
  // be used any more either: from then on nothing is answered.
  [[nodiscard]] bool reload(Config config);
  void stop();

 private:
  struct Parts;
  enum class Phase { kServing, kEnding, kReplacing };
  void begin(Config config);
  void enter(Phase phase);
  // With `mutex_` held.
  [[nodiscard]] bool may_handle(const HttpRequest& request) const;

  Metrics& metrics_;
  Events& events_;
  const AccessControl& access_;
  std::mutex mutex_;  // of all below
  std::condition_variable none_runs_;
  Phase phase_ = Phase::kServing;
  std::size_t running_ = 0;  // requests
  std::unique_ptr<Parts> parts_;
};

}  // namespace api
