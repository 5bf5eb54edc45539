// Whether a source as a whole answers, and the pauses while it does not. Says so in the log, once for
// each new error.
#pragma once

#include <chrono>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "replica/source_error.hpp"

namespace api {

// True when the source cannot be reached, refuses the login or asks to slow down: every request would
// fail. Other errors are of a single database.
[[nodiscard]] bool is_source_failure(const replica::SourceError& error);

// Belongs to one thread.
class SourceHealth {
 public:
  using Clock = std::chrono::steady_clock;

  explicit SourceHealth(std::string source_name) : source_name_(std::move(source_name)) {}

  // From now on errors are followed by further attempts, and log lines say when.
  void start();
  // From now on errors are of requests that were cut off, and do not count.
  void stop() { is_stopping_ = true; }

  // A request is sent that is answered at once, unless something is wrong: `on_answer` or `on_failure` follows.
  void on_request();
  // A request was answered.
  void on_answer();
  // A request failed, and every other would. Begins a pause, which grows with each failure in a row.
  // Failures during a pause do not count: they are of requests that were sent before it.
  void on_failure(const replica::SourceError& error);

  [[nodiscard]] bool is_failing() const { return failures_ > 0; }  // the last request did
  // Nothing is sent before this time.
  [[nodiscard]] Clock::time_point paused_until() const { return paused_until_; }
  [[nodiscard]] bool has_answered() const { return has_answered_; }  // since the start
  // Since the first request that it left unanswered, or that failed; 0 while it answers, or may only be slow.
  [[nodiscard]] std::chrono::seconds time_silent() const;
  // When it began to fail, or answered again, or was started.
  [[nodiscard]] std::chrono::sys_seconds since() const { return since_; }
  [[nodiscard]] const std::string& last_error() const { return last_error_; }  // empty: not failing

  // "; again in 0.4 s", to follow an error in the log. Empty before `start`: nothing is tried again.
  [[nodiscard]] std::string retry_hint(std::chrono::milliseconds pause) const;

 private:
  const std::string source_name_;
  bool is_started_ = false;
  bool is_stopping_ = false;
  bool has_answered_ = false;
  unsigned failures_ = 0;  // in a row
  Clock::time_point paused_until_{};
  std::optional<Clock::time_point> unanswered_since_;
  std::chrono::sys_seconds since_{};
  std::string last_error_;
  std::string logged_error_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace api
