#include "api/account_worker.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "api/log.hpp"
#include "indexer/on_threads.hpp"

namespace api {
namespace {

constexpr std::chrono::seconds kPauseAfterFailure{30};
constexpr std::chrono::seconds kPauseWithoutRoom{5};
constexpr std::chrono::seconds kPauseInWork{5};

}  // namespace

AccountWorker::AccountWorker(std::string what, Priority priority, Accounts& accounts, Work work)
    : what_(std::move(what)), accounts_(accounts), work_(std::move(work)) {
  progress_.is_bulk = priority == Priority::kBulk;
  thread_ = std::thread([this] { run(); });
}

AccountWorker::~AccountWorker() { stop(); }

void AccountWorker::schedule(const std::string& account) {
  const std::lock_guard lock(mutex_);
  due_.insert_or_assign(account, Clock::now());
  changed_.notify_one();
}

void AccountWorker::cancel(const std::string& account) {
  const std::lock_guard lock(mutex_);
  due_.erase(account);
  if (current_ == account) progress_.cancelled = true;
}

std::size_t AccountWorker::waiting() const {
  const std::lock_guard lock(mutex_);
  return due_.size();
}

void AccountWorker::retry_in(const std::string& account, Clock::duration pause) {
  const std::lock_guard lock(mutex_);
  due_.try_emplace(account, Clock::now() + pause);
}

void AccountWorker::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    progress_.cancelled = true;
  }
  changed_.notify_one();
  indexer::stop_giving_way();
  if (thread_.joinable()) thread_.join();
}

void AccountWorker::run() {
  // A thread that works without a longer pause has given way for good (indexer::Progress::give_way).
  while (auto account = next(std::nullopt)) {
    indexer::on_threads(1, [&] {
      for (; account; account = next(kPauseInWork)) do_work(*account);
    });
  }
}

// Nothing when it is time to stop, or there was nothing to do for so long.
std::optional<std::string> AccountWorker::next(std::optional<Clock::duration> patience) {
  std::unique_lock lock(mutex_);
  current_.clear();
  const auto until = patience ? Clock::now() + *patience : Clock::time_point::max();
  while (!is_stopping_ && Clock::now() < until) {
    const auto earliest = std::min_element(
        due_.begin(), due_.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    if (earliest == due_.end() && !patience) {
      changed_.wait(lock);
    } else if (earliest == due_.end()) {
      changed_.wait_until(lock, until);
    } else if (const auto at = earliest->second; at > Clock::now()) {
      changed_.wait_until(lock, std::min(at, until));
    } else {
      current_ = earliest->first;
      due_.erase(earliest);
      progress_.cancelled = false;
      return current_;
    }
  }
  return std::nullopt;
}

void AccountWorker::do_work(const std::string& name) {
  if (accounts_.disk().is_paused()) return retry_in(name, kPauseWithoutRoom);
  try {
    if (const auto account = accounts_.find(name)) work_(*account, progress_);
  } catch (const indexer::Cancelled&) {
    // It is to stop, or the account's work is not wanted any more.
  } catch (const std::exception& error) {
    if (accounts_.disk().note(error)) return retry_in(name, kPauseWithoutRoom);
    log_event(Level::kError, "workFailed",
              fmt::format("account {}: {} failed, again in {} s: {}", name, what_,
                          kPauseAfterFailure.count(), error.what()),
              {{"account", name}, {"work", what_}});
    retry_in(name, kPauseAfterFailure);
  }
}

}  // namespace api
