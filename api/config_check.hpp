// Asks this machine, and the sources of a configuration, whether davenport may do there what it has to.
#pragma once

#include <string>
#include <vector>

#include "api/config.hpp"

namespace api {

struct SourceCheck {
  std::string source;
  std::string server;  // "CouchDB 3.5.0"; empty when it does not answer
  std::vector<std::string>
      facts;  // what was seen to work, and what is done instead of what does not
  std::vector<std::string> problems;  // what keeps accounts from being pulled, with what to do
};

// What of this machine keeps the program from working as configured, in words: TLS files, and the data folder. One that is not
// there is made, and removed again.
[[nodiscard]] std::vector<std::string> check_machine(const Config& config);

// Blocks, for some seconds for a source that does not answer.
[[nodiscard]] SourceCheck check_source(const SourceConfig& source);

}  // namespace api
