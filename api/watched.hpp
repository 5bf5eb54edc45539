// Progress of a piece of work on the terminal.
#pragma once

#include <atomic>
#include <thread>
#include <unistd.h>

#include "api/terminal.hpp"
#include "indexer/account.hpp"

namespace api {

// Shows what a piece of work has done, while it runs.
class WorkWatcher {
 public:
  WorkWatcher(const char* what, const indexer::Progress& progress);
  WorkWatcher(const WorkWatcher&) = delete;
  WorkWatcher& operator=(const WorkWatcher&) = delete;
  ~WorkWatcher();

 private:
  ProgressLine line_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

// What `work` gives, which is called with the progress to report; shown where standard error is a terminal.
template <typename Work>
auto watched(const char* what, Work work) {
  indexer::Progress progress;
  if (!is_terminal(STDERR_FILENO)) return work(progress);
  const WorkWatcher watcher(what, progress);
  return work(progress);
}

}  // namespace api
