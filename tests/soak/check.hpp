// Whether a replica is what its source is.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/soak/source.hpp"

namespace soak {

struct Replica {
  std::vector<std::string> davenport;  // the program and its configuration
  std::filesystem::path data;
  std::string account;
};

// Compares every store with its database (documents, leaves, winners, bodies), the list with the message documents, and what
// lists and searches show with what a replica shows that `fresh` gets from the source in one go. Nobody may write meanwhile.
[[nodiscard]] std::vector<std::string> differences(const Source& source, const Replica& replica,
                                                   const std::filesystem::path& fresh);

}  // namespace soak
