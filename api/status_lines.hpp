// The status for a person: one screen, what is worst first.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace api {

// `status`: as GET /v1/admin/status answers.
[[nodiscard]] std::string status_lines(const nlohmann::json& status, bool is_served);

}  // namespace api
