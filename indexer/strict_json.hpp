// Strict reading of JSON that was written for davenport: every mistake is reported, none is guessed
// around.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <variant>

namespace indexer {

// The value; or what is wrong, in words that go on after "the filter" and the like: no JSON, with
// line and byte; a member that is there twice in one object, of which a parser would take the last;
// lists and objects that nest deeper than `max_depth`.
[[nodiscard]] std::variant<nlohmann::json, std::string> read_strict_json(std::string_view text,
                                                                         int max_depth);

}  // namespace indexer
