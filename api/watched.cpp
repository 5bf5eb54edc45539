#include "api/watched.hpp"

#include <chrono>
#include <fmt/format.h>

namespace api {
namespace {

constexpr std::chrono::milliseconds kInterval{200};

std::string line_of(const char* what, const indexer::Progress& progress) {
  const std::int64_t done = progress.done, of = progress.of;
  return of > 0 ? fmt::format("{}: {} of {}", what, done, of) : fmt::format("{}: {}", what, done);
}

}  // namespace

WorkWatcher::WorkWatcher(const char* what, const indexer::Progress& progress)
    : thread_([this, what, &progress] {
        while (!ended_) {
          if (progress.done > 0 || progress.of > 0) line_.show(line_of(what, progress));
          std::this_thread::sleep_for(kInterval);
        }
      }) {}

WorkWatcher::~WorkWatcher() {
  ended_ = true;
  thread_.join();
}

}  // namespace api
