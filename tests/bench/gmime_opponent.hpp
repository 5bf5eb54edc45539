// What parse_bench measures against: GMime used plainly, and HTML stripped with libxml2's tree.
#pragma once

#include <cstddef>
#include <string_view>

namespace bench {

// Parses `raw`, reads envelope and parts, and extracts the text of text parts. Bytes of text it found.
[[nodiscard]] std::size_t extract_with_gmime(std::string_view raw);

}  // namespace bench
