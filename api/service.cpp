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

// A nice value: when processors are short, a thread gets about a ninth of what one gets that answers.
constexpr int kNiceness = 10;

// Runs `start`; the threads that it starts take over its priority, which is behind that of answers.
void run_at_low_priority(const std::function<void()>& start) {
  std::async(std::launch::async, [&start] {
    // On Linux this thread's alone. Where it is refused, the priority stays as it was.
    ::setpriority(PRIO_PROCESS, 0, kNiceness);
    start();
  }).get();
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

HttpResponse Service::handle(const HttpRequest& request) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !is_reloading_; });
    if (!parts_) return error_response(503, "stopping", "the server stops: its log tells why");
    ++running_;
  }
  HttpResponse response = parts_->routes.handle(request);
  const std::lock_guard lock(mutex_);
  if (--running_ == 0) changed_.notify_all();
  return response;
}

bool Service::reload(Config config) {
  parts_->stop();  // which may take a while: requests are answered meanwhile
  std::unique_lock lock(mutex_);
  struct Reloading {
    explicit Reloading(Service& service) : of(service) { of.is_reloading_ = true; }
    Reloading(const Reloading&) = delete;
    Reloading& operator=(const Reloading&) = delete;
    ~Reloading() {
      of.is_reloading_ = false;
      of.changed_.notify_all();
    }
    Service& of;
  };
  const Reloading reloading(*this);
  changed_.wait(lock, [this] { return running_ == 0; });
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
