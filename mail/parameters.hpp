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
// converted; an RFC 2231 encoded parameter wins over a plain one of the same name.
// Tolerates missing semicolons, unclosed quotes and blanks in values.
[[nodiscard]] ParameterizedValue read_parameters(std::string_view line);

}  // namespace mail
