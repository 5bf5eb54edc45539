// The status as text for people: one screen, the worst first.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace api {

// `status`: as GET /v1/admin/status answers.
[[nodiscard]] std::string status_lines(const nlohmann::json& status, bool is_served);

// A task's outcome in a line for people. That of a doctor who was asked for JSON is a report.
[[nodiscard]] std::string outcome_in_words(const std::string& outcome);

// What will happen to a document in quarantine: "again 2026-11-26T07:00:00Z", "again now" or
// "ignored until it changes".
[[nodiscard]] std::string next_attempt_in_words(const nlohmann::json& document);

}  // namespace api
