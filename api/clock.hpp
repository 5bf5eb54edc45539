// The time of day, as documents, tasks and reports are stamped with it.
#pragma once

#include <chrono>
#include <string>

#include "mail/mail_date.hpp"

namespace api {

// UTC, in whole seconds.
[[nodiscard]] inline std::chrono::sys_seconds current_time() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

// "2001-05-14T23:39:12Z"
[[nodiscard]] inline std::string to_rfc3339(std::chrono::sys_seconds time) {
  return mail::to_rfc3339({time, std::chrono::minutes(0)});
}

}  // namespace api
