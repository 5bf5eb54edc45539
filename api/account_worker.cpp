#include "api/account_worker.hpp"

#include <algorithm>
#include <sched.h>
#include <spdlog/spdlog.h>

namespace api {
namespace {

constexpr std::chrono::seconds kPauseAfterFailure{30};

}  // namespace

AccountWorker::AccountWorker(std::string what, Priority priority, Accounts& accounts, Work work)
    : what_(std::move(what)),
      priority_(priority),
      accounts_(accounts),
      work_(std::move(work)),
      thread_([this] { run(); }) {}

AccountWorker::~AccountWorker() { stop(); }

void AccountWorker::soon(const std::string& account) {
  const std::lock_guard lock(mutex_);
  due_.insert_or_assign(account, Clock::now());
  changed_.notify_one();
}

void AccountWorker::stop() {
  {
    const std::lock_guard lock(mutex_);
    progress_.cancelled = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void AccountWorker::run() {
  if (priority_ == Priority::kIdle) {
    const sched_param none{};
    ::sched_setscheduler(0, SCHED_IDLE, &none);  // refused: then it is not idle, but works
  }
  while (const auto account = next()) do_work(*account);
}

// Nothing when it is time to stop.
std::optional<std::string> AccountWorker::next() {
  std::unique_lock lock(mutex_);
  while (!progress_.cancelled) {
    const auto earliest = std::min_element(
        due_.begin(), due_.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    if (earliest == due_.end()) {
      changed_.wait(lock);
    } else if (const auto at = earliest->second; at > Clock::now()) {
      changed_.wait_until(lock, at);
    } else {
      std::string account = earliest->first;
      due_.erase(earliest);
      return account;
    }
  }
  return std::nullopt;
}

void AccountWorker::do_work(const std::string& name) {
  try {
    if (const auto account = accounts_.find(name)) work_(*account, progress_);
  } catch (const indexer::Cancelled&) {
    // Only stopping cancels.
  } catch (const std::exception& error) {
    spdlog::error("account {}: {} failed, again in {} s: {}", name, what_,
                  kPauseAfterFailure.count(), error.what());
    const std::lock_guard lock(mutex_);
    due_.try_emplace(name, Clock::now() + kPauseAfterFailure);
  }
}

}  // namespace api
