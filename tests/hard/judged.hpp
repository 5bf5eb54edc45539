// The list of disagreements that somebody judged. "## stalwart: dates" begins what was compared; in lines that begin with a
// backtick, whatever stands between backticks names a case. Runs of blanks count as one.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/hard/report.hpp"

namespace hard {

// A line for each disagreement that is not in the list, and for each case in it that agrees or was not compared.
[[nodiscard]] std::vector<std::string> differences_to_judged(
    const std::vector<Agreement>& agreements, const std::filesystem::path& list);

}  // namespace hard
