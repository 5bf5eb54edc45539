// Progress of a piece of work on the terminal.
#pragma once

#include <atomic>
#include <thread>

#include "api/stop_signals.hpp"
#include "api/terminal.hpp"
#include "indexer/account.hpp"

namespace api {

// Shows the progress of work while it runs. A stop signal cancels the work; a second one ends the
// program.
class WorkWatcher {
 public:
  WorkWatcher(const char* what, indexer::Progress& progress, const StopSignals& stop);
  WorkWatcher(const WorkWatcher&) = delete;
  WorkWatcher& operator=(const WorkWatcher&) = delete;
  ~WorkWatcher();

 private:
  ProgressLine line_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

// Calls `work` with the progress that it is to report, and returns its result.
template <typename Work>
auto watched(const char* what, Work work) {
  const StopSignals stop;
  indexer::Progress progress;
  const WorkWatcher watcher(what, progress, stop);
  return work(progress);
}

}  // namespace api
