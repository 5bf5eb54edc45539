// What davenport shows of an account, read through its commands.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace soak {

using nlohmann::json;

// `davenport`: the program and its configuration. Throws std::runtime_error when a command fails.
//
// Every message of the list that the flags ask for, by document id.
[[nodiscard]] std::map<std::string, json> shown_list(const std::vector<std::string>& davenport,
                                                     const std::string& account,
                                                     const std::vector<std::string>& flags);
// Document ids of all hits of a query, in their order.
[[nodiscard]] std::vector<std::string> shown_hits(const std::vector<std::string>& davenport,
                                                  const std::string& account,
                                                  const std::string& query);

}  // namespace soak
