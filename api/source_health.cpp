#include "api/source_health.hpp"

#include <fmt/format.h>

#include "api/clock.hpp"
#include "api/log.hpp"
#include "replica/schedule.hpp"

namespace api {

bool is_source_failure(const replica::SourceError& error) {
  using Kind = replica::SourceError::Kind;
  constexpr int kTooManyRequests = 429, kBadGateway = 502, kUnavailable = 503,
                kGatewayTimeout = 504;
  if (error.kind() == Kind::kNetwork || error.kind() == Kind::kTimeout ||
      error.kind() == Kind::kUnauthorized)
    return true;
  return error.status() == kTooManyRequests || error.status() == kBadGateway ||
         error.status() == kUnavailable || error.status() == kGatewayTimeout;
}

void SourceHealth::start() {
  is_started_ = true;
  since_ = current_time();
}

void SourceHealth::on_request() {
  if (!unanswered_since_) unanswered_since_ = Clock::now();
}

void SourceHealth::on_answer() {
  has_answered_ = true;
  unanswered_since_.reset();
  if (failures_ == 0) return;
  if (failures_ > 1) {
    log_event(Level::kInfo, "sourceUp", fmt::format("source {}: answers again", source_name_),
              {{"source", source_name_}});
    logged_error_.clear();
  }
  failures_ = 0;
  last_error_.clear();
  since_ = current_time();
}

void SourceHealth::on_failure(const replica::SourceError& error) {
  const auto now = Clock::now();
  if (is_stopping_ || now < paused_until_) return;
  if (++failures_ == 1) since_ = current_time();
  if (!unanswered_since_) unanswered_since_ = now;
  last_error_ = error.what();
  const auto pause = replica::backoff_pause(failures_, error.retry_after(), random_);
  paused_until_ = now + pause;
  if (logged_error_ == last_error_) return;
  log_event(Level::kWarning, "sourceDown",
            fmt::format("source {}: {}{}", source_name_, last_error_, retry_hint(pause)),
            {{"source", source_name_}, {"error", last_error_}});
  logged_error_ = last_error_;
}

std::chrono::seconds SourceHealth::time_silent() const {
  constexpr std::chrono::seconds kSlow{5};
  if (!unanswered_since_) return {};
  const auto silent = std::chrono::floor<std::chrono::seconds>(Clock::now() - *unanswered_since_);
  return is_failing() || silent >= kSlow ? silent : std::chrono::seconds(0);
}

std::string SourceHealth::retry_hint(std::chrono::milliseconds pause) const {
  if (!is_started_) return "";
  return fmt::format("; again in {:.1f} s", static_cast<double>(pause.count()) / 1'000);
}

}  // namespace api
