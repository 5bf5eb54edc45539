// Shows the progress of work on the terminal.
#pragma once

#include <atomic>
#include <thread>

#include "api/stop_signals.hpp"
#include "api/terminal.hpp"
#include "indexer/account.hpp"

namespace api {

// Shows the progress of work while it runs. A stop signal cancels the work; a second one ends the
// program.
class ProgressWatcher {
 public:
  ProgressWatcher(const char* what, indexer::Progress& progress, const StopSignals& stop);
  ProgressWatcher(const ProgressWatcher&) = delete;
  ProgressWatcher& operator=(const ProgressWatcher&) = delete;
  ~ProgressWatcher();

 private:
  ProgressLine line_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

// Calls `work` with the progress that it is to report and returns its result; `what` names the work
// on the terminal.
template <typename Work>
auto with_progress(const char* what, Work work) {
  const StopSignals stop;
  indexer::Progress progress;
  const ProgressWatcher watcher(what, progress, stop);
  return work(progress);
}

}  // namespace api
