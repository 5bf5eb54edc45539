// Waits for SIGINT, SIGTERM and SIGHUP. Create it before any thread is started: it blocks these
// signals, and threads inherit that.
#pragma once

#include <chrono>
#include <csignal>

namespace api {

class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  int wait() const {  // the signal that came
    int received = 0;
    sigwait(&signals_, &received);
    return received;
  }
  [[nodiscard]] bool arrived_within(std::chrono::milliseconds time) const {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const timespec limit{seconds.count(), std::chrono::nanoseconds(time - seconds).count()};
    return sigtimedwait(&signals_, nullptr, &limit) > 0;
  }

 private:
  sigset_t signals_{};
};

}  // namespace api
