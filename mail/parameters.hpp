// Values with parameters: Content-Type, Content-Disposition (RFC 2045 section 5.1, RFC 2231).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mail {

struct ParameterizedValue {
  std::string value;  // lower case, without comments and blanks: "text/plain"
  std::vector<std::pair<std::string, std::string>> parameters;  // names in lower case, each once

  // The value of the parameter of that name, or an empty view.
  [[nodiscard]] std::string_view find(std::string_view name) const;
};

// Reads one line of UTF-8. Continuations are joined, percent and word encoding undone, charsets
// converted; what is encoded by RFC 2231 goes before a parameter of the same name that is not.
// Semicolons may be missing, quotes may be open, values may hold blanks.
[[nodiscard]] ParameterizedValue read_parameters(std::string_view line);

}  // namespace mail
