// Reading the published results, and words for what is compared.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "mail/documents.hpp"

namespace hard {

[[nodiscard]] std::string read_file(const std::filesystem::path& file);
// Null when it is no JSON.
[[nodiscard]] nlohmann::json read_json(const std::filesystem::path& file);
// The files below `folder` with that extension, sorted.
[[nodiscard]] std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder,
                                                             std::string_view extension);

// White space folded and trimmed: line ends and padding differ between parsers without meaning.
[[nodiscard]] std::string folded(std::string_view text);

// "Name <email>, …"
[[nodiscard]] std::string to_text(const std::vector<mail::Address>& addresses);
[[nodiscard]] std::string to_text(const std::vector<std::string>& items);
// "2001-05-14T16:39:00-07:00", or "none".
[[nodiscard]] std::string to_text(const std::optional<mail::DateTime>& date);

}  // namespace hard
