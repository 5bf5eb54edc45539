#include "api/progress_watcher.hpp"

#include <chrono>
#include <cstdlib>
#include <fmt/format.h>

namespace api {
namespace {

constexpr std::chrono::milliseconds kInterval{200};
constexpr int kEndedBySignal = 130;  // as shells say it of SIGINT

std::string line_of(const char* what, const indexer::Progress& progress) {
  const std::int64_t done = progress.done, of = progress.of;
  return of > 0 ? fmt::format("{}: {} of {}", what, done, of) : fmt::format("{}: {}", what, done);
}

}  // namespace

ProgressWatcher::ProgressWatcher(const char* what, indexer::Progress& progress,
                                 const StopSignals& stop)
    : thread_([this, what, &progress, &stop] {
        while (!ended_) {
          if (progress.done > 0 || progress.of > 0) line_.show(line_of(what, progress));
          if (!stop.arrived_within(kInterval)) continue;
          if (progress.cancelled) std::_Exit(kEndedBySignal);
          progress.cancelled = true;
        }
      }) {}

ProgressWatcher::~ProgressWatcher() {
  ended_ = true;
  thread_.join();
}

}  // namespace api
