// The time of day, as documents, tasks and reports are stamped with it.
#pragma once

#include <chrono>

namespace api {

// UTC, in whole seconds.
[[nodiscard]] inline std::chrono::sys_seconds current_time() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace api
