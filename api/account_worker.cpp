#include "api/account_worker.hpp"

#include <algorithm>
#include <sched.h>
#include <spdlog/spdlog.h>

namespace api {
namespace {

constexpr std::chrono::seconds kPauseAfterFailure{30};

}  // namespace

AccountWorker::AccountWorker(std::string what, Priority priority, Work work)
    : what_(std::move(what)),
      priority_(priority),
      work_(std::move(work)),
      thread_([this] { run(); }) {}

AccountWorker::~AccountWorker() { stop(); }

void AccountWorker::soon(std::shared_ptr<indexer::Account> account) {
  const std::lock_guard lock(mutex_);
  std::string name = account->name();
  due_.insert_or_assign(std::move(name), Due{std::move(account), Clock::now()});
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
  while (const auto account = next()) do_work(account);
}

// Null when it is time to stop.
std::shared_ptr<indexer::Account> AccountWorker::next() {
  std::unique_lock lock(mutex_);
  while (!progress_.cancelled) {
    const auto earliest =
        std::min_element(due_.begin(), due_.end(),
                         [](const auto& a, const auto& b) { return a.second.at < b.second.at; });
    if (earliest == due_.end()) {
      changed_.wait(lock);
    } else if (earliest->second.at > Clock::now()) {
      changed_.wait_until(lock, earliest->second.at);
    } else {
      auto account = std::move(earliest->second.account);
      due_.erase(earliest);
      return account;
    }
  }
  return nullptr;
}

void AccountWorker::do_work(const std::shared_ptr<indexer::Account>& account) {
  try {
    work_(account, progress_);
  } catch (const indexer::Cancelled&) {
    // Only stopping cancels.
  } catch (const std::exception& error) {
    spdlog::error("account {}: {} failed, again in {} s: {}", account->name(), what_,
                  kPauseAfterFailure.count(), error.what());
    const std::lock_guard lock(mutex_);
    due_.try_emplace(account->name(), Due{account, Clock::now() + kPauseAfterFailure});
  }
}

}  // namespace api
