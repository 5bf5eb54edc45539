// Work that accounts have due, done one account after another on a thread of its own: many commits in a row are one piece
// of work. An account whose work failed comes again after a pause.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "indexer/account.hpp"

namespace api {

class AccountWorker {
 public:
  using Work = std::function<void(const std::shared_ptr<indexer::Account>&, indexer::Progress&)>;
  enum class Priority { kNormal, kIdle };  // kIdle: gets the processor when nobody else wants it

  // `what` names the work in the log.
  AccountWorker(std::string what, Priority priority, Work work);
  ~AccountWorker();  // stops

  void soon(std::shared_ptr<indexer::Account> account);  // any thread
  void stop();  // cancels what is under way and waits for its end

 private:
  using Clock = std::chrono::steady_clock;
  struct Due {
    std::shared_ptr<indexer::Account> account;
    Clock::time_point at;
  };

  void run();
  [[nodiscard]] std::shared_ptr<indexer::Account> next();
  void do_work(const std::shared_ptr<indexer::Account>& account);

  const std::string what_;
  const Priority priority_;
  const Work work_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Due> due_;  // by name
  indexer::Progress progress_;  // of the work under way; cancelled once for all
  std::thread thread_;
};

}  // namespace api
