// Errors as every client sees them: {"error": {"code", "message", "position"}}.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/http_server.hpp"

namespace api {

// `message` says what was wrong and what to do. `position` is a byte in what the client sent.
[[nodiscard]] std::string render_error(std::string_view code, std::string_view message,
                                       std::optional<std::size_t> position = std::nullopt);

[[nodiscard]] HttpResponse error_response(int status, std::string_view code,
                                          std::string_view message,
                                          std::optional<std::size_t> position = std::nullopt);

}  // namespace api
