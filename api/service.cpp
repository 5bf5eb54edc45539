#include "api/service.hpp"

#include <fmt/format.h>
#include <functional>
#include <future>
#include <sys/resource.h>

#include "api/account_removal.hpp"
#include "api/accounts.hpp"
#include "api/data_folder.hpp"
#include "api/disk_space.hpp"
#include "api/errors.hpp"
#include "api/log.hpp"
#include "api/replication.hpp"
#include "api/routes.hpp"
#include "api/task_kinds.hpp"
#include "api/tasks.hpp"

namespace api {
namespace {

// A nice value: when processors are short, a thread gets about a ninth of what one gets that answers. LimitNICE of
// davenport.service lets bulk work come back to it.
constexpr int kNiceness = 10;

// Runs `start`; the threads that it starts take over its priority, which is behind that of answers.
void run_at_low_priority(const std::function<void()>& start) {
  std::async(std::launch::async, [&start] {
    // On Linux this thread's alone. Where it is refused, the priority stays as it was.
    ::setpriority(PRIO_PROCESS, 0, kNiceness);
    start();
  }).get();
}

// For as long as parts are exchanged.
HttpResponse put_off() {
  constexpr std::chrono::milliseconds kPause{50};
  HttpResponse response;
  response.again_at = std::chrono::steady_clock::now() + kPause;
  return response;
}

}  // namespace

struct Service::Parts {
  Parts(Config given, Metrics& metrics, Events& events, const AccessControl& access)
      : config(std::move(given)),
        accounts(config, replica::sqlite::Access::kReadWrite),
        tasks(
            davenport_db_file(config.data_dir),
            [this, &metrics, &events](const TaskReport& task) {
              count(task, metrics);
              events.task_changed(task);
            },
            &accounts.disk()),
        replication(config, accounts, metrics, &tasks, &events),
        routes(config, accounts, tasks, replication, metrics, events, access) {}
  ~Parts() { stop(); }

  void start() {
    replication.start();
    tasks.serve(task_kinds(config, accounts, &replication));
  }
  // In this order, since a task may wait for a pull.
  void stop() {
    tasks.stop_soon();
    replication.stop();
    tasks.stop();
  }
  void count(const TaskReport& task, Metrics& metrics) const;

  const Config config;
  Accounts accounts;
  Tasks tasks;
  Replication replication;
  Routes routes;
};

void Service::Parts::count(const TaskReport& task, Metrics& metrics) const {
  if (task.ended) {
    metrics.task_ended(task.kind, task.state, *task.ended - task.started.value_or(task.created));
  }
  for (const std::string state : {"queued", "running"}) {
    std::size_t count = 0;
    for (const auto& other : tasks.active())
      count += other.kind == task.kind && other.state == state ? 1 : 0;
    metrics.tasks(task.kind, state, count);
  }
}

Service::Service(Config config, Metrics& metrics, Events& events, const AccessControl& access)
    : metrics_(metrics), events_(events), access_(access) {
  make_room_to_start(config.data_dir);
  finish_removals(config.data_dir);
  begin(std::move(config));
}

Service::~Service() { stop(); }

void Service::begin(Config config) {
  run_at_low_priority([&] {
    parts_ = std::make_unique<Parts>(std::move(config), metrics_, events_, access_);
    parts_->accounts.disk().keep_reserve();
    parts_->start();
  });
}

void Service::enter(Phase phase) {
  const std::lock_guard lock(mutex_);
  phase_ = phase;
}

bool Service::may_handle(const HttpRequest& request) const {
  if (phase_ == Phase::kEnding) return request.method == "GET";
  return phase_ == Phase::kServing;
}

HttpResponse Service::handle(const HttpRequest& request) {
  {
    const std::lock_guard lock(mutex_);
    if (!may_handle(request)) return put_off();
    if (!parts_) return error_response(503, "stopping", "the server stops: its log tells why");
    ++running_;
  }
  HttpResponse response = parts_->routes.handle(request);
  const std::lock_guard lock(mutex_);
  if (--running_ == 0) none_runs_.notify_all();
  // What needs work that has ended is for the parts that come.
  const bool needs_next = response.status >= 500 && phase_ != Phase::kServing;
  return needs_next ? put_off() : std::move(response);
}

bool Service::reload(Config config) {
  struct Reloading {
    explicit Reloading(Service& service) : of(service) { of.enter(Phase::kEnding); }
    Reloading(const Reloading&) = delete;
    Reloading& operator=(const Reloading&) = delete;
    ~Reloading() { of.enter(Phase::kServing); }
    Service& of;
  };
  const Reloading reloading(*this);
  parts_->stop();
  {
    std::unique_lock lock(mutex_);
    phase_ = Phase::kReplacing;
    none_runs_.wait(lock, [this] { return running_ == 0; });
  }
  Config before = parts_->config;
  parts_.reset();
  try {
    begin(std::move(config));
    log_event(Level::kInfo, "reloaded", "the configuration was read anew");
    return true;
  } catch (const std::exception& error) {
    log_event(
        Level::kError, "reloadFailed",
        fmt::format("the configuration cannot be used, the one before goes on: {}", error.what()));
    parts_.reset();
    begin(std::move(before));
    return false;
  }
}

void Service::stop() {
  if (parts_) parts_->stop();
}

}  // namespace api
