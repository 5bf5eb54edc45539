// Checks that a configuration can work on this machine and at its sources.
#pragma once

#include <string>
#include <vector>

#include "api/config.hpp"

namespace api {

struct SourceCheck {
  std::string source;
  std::string server;  // "CouchDB 3.5.0"; empty when it does not answer
  // What works, and what is done instead of what does not.
  std::vector<std::string> facts;
  std::vector<std::string> problems;  // what keeps accounts from being pulled, with what to do
};

// Problems of this machine, in words, that keep davenport from working as configured: TLS files and
// the data folder. A missing data folder is created and removed again.
[[nodiscard]] std::vector<std::string> check_machine(const Config& config);

// Blocks, for several seconds when a source does not answer.
[[nodiscard]] SourceCheck check_source(const SourceConfig& source);

}  // namespace api
