// Does the due work of accounts, one account after another, on threads of its own. Work that is
// asked for several times before it begins is done once. An account is opened for its work; failed work is tried again
// after a pause.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "api/accounts.hpp"
#include "indexer/account.hpp"

namespace api {

class AccountWorker {
 public:
  using Work = std::function<void(indexer::Account&, indexer::Progress&)>;
  enum class Priority { kNormal, kBulk };  // kBulk: as indexer::Progress::is_bulk

  // `what` names the work in the log.
  AccountWorker(std::string what, Priority priority, Accounts& accounts, Work work);
  ~AccountWorker();  // stops

  void schedule(const std::string& account);  // any thread
  // Drops the account's due work and cancels work under way. Any thread.
  void cancel(const std::string& account);
  [[nodiscard]] std::size_t waiting() const;  // accounts; any thread
  void stop();  // cancels what is under way and waits for its end

 private:
  using Clock = std::chrono::steady_clock;
  void run();
  [[nodiscard]] std::optional<std::string> next(std::optional<Clock::duration> patience);
  void do_work(const std::string& name);
  void retry_in(const std::string& account, Clock::duration pause);

  const std::string what_;
  Accounts& accounts_;
  const Work work_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Clock::time_point> due_;  // accounts, and when
  std::string current_;  // the account that is worked on; empty: none
  bool is_stopping_ = false;
  indexer::Progress progress_;  // of the work under way
  std::thread thread_;
};

}  // namespace api
