// SIGINT, SIGTERM and SIGHUP as something to wait for. Made before any thread is started: threads inherit that they are blocked.
#pragma once

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

 private:
  sigset_t signals_{};
};

}  // namespace api
