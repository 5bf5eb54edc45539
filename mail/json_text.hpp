// Properties of JSON text that need no parser.
#pragma once

#include <string>
#include <string_view>

namespace mail {

// Brackets inside strings do not count.
[[nodiscard]] bool nests_deeper_than(int max_depth, std::string_view json);

// The text between the quotation marks of a JSON string. A lone surrogate is U+FFFD, an escape that
// JSON does not know stands for itself.
[[nodiscard]] std::string unescape_json(std::string_view raw);

}  // namespace mail
