// What the doctor found, as JSON and in words.
#pragma once

#include <string>

#include "api/tasks.hpp"
#include "indexer/doctor.hpp"

namespace api {

// "doctor" of the design.
[[nodiscard]] std::string render_doctor(const indexer::DoctorReport& report);
// As a task's outcome: differences that are left are its problems. `as_json`: the line is the JSON.
[[nodiscard]] TaskOutcome doctor_outcome(const indexer::DoctorReport& report, bool as_json);

}  // namespace api
