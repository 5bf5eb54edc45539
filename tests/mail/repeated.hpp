#pragma once

#include <string>
#include <string_view>

namespace mail {

// The unit again and again, until there are so many bytes.
inline std::string repeated(std::string_view unit, std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += unit;
  return out;
}

}  // namespace mail
