// A second process for a test: what a crash, another program or another user does to a file. SQLite
// must not be carried across a fork, so start the child before the test opens anything, and let the
// two wait for each other.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

class Channel {
 public:
  Channel() {
    if (::pipe(ends_.data()) != 0) throw std::runtime_error("pipe");
  }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel() {
    for (const int end : ends_) ::close(end);
  }
  void send(std::int64_t value) const {
    if (::write(ends_[1], &value, sizeof value) != sizeof value)
      throw std::runtime_error("write to a pipe");
  }
  [[nodiscard]] std::int64_t receive() const {
    std::int64_t value = 0;
    if (::read(ends_[0], &value, sizeof value) != sizeof value)
      throw std::runtime_error("read from a pipe");
    return value;
  }

 private:
  std::array<int, 2> ends_{};
};

class ChildProcess {
 public:
  // `work` returns what the process exits with; 99 when it throws.
  explicit ChildProcess(const std::function<int()>& work) : id_(::fork()) {
    if (id_ < 0) throw std::runtime_error("fork");
    if (id_ > 0) return;
    int code = 99;
    try {
      code = work();
    } catch (const std::exception& e) {
      std::fprintf(stderr, "child: %s\n", e.what());
    }
    ::_exit(code);
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess() {
    if (id_ > 0) kill();
  }
  void kill() {
    ::kill(id_, SIGKILL);
    static_cast<void>(wait());
  }
  // Its exit code; negative: the signal that ended it.
  [[nodiscard]] int wait() {
    int status = 0;
    ::waitpid(id_, &status, 0);
    id_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  pid_t id_;
};
