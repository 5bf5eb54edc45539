// What the doctor found, as JSON and in words.
#pragma once

#include <string>

#include "api/tasks.hpp"
#include "indexer/doctor.hpp"

namespace api {

// The report as JSON, as `doctor --json` prints it.
[[nodiscard]] std::string render_doctor(const indexer::DoctorReport& report);
// The report as a task's outcome; differences that are left are its problems. `as_json`: its line
// is the JSON.
[[nodiscard]] TaskOutcome doctor_outcome(const indexer::DoctorReport& report, bool as_json);

}  // namespace api
