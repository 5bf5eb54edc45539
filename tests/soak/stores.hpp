// The stores of an account beside the databases they are replicas of.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/soak/source.hpp"

namespace soak {

// Document by document: leaf revisions, winner, deletion, ancestry, bodies of all leaves.
[[nodiscard]] std::vector<std::string> store_differences(const Source& source,
                                                         const std::filesystem::path& data,
                                                         const std::string& account);

}  // namespace soak
