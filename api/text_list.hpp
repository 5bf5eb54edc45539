// Lists written in one text, as in "alice,bob".
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

namespace api {

// The elements of `list`, empty ones included; none for an empty list. They are views into `list`.
[[nodiscard]] inline std::vector<std::string_view> split_list(std::string_view list,
                                                              char separator = ',') {
  std::vector<std::string_view> elements;
  while (!list.empty()) {
    elements.push_back(list.substr(0, list.find(separator)));
    list.remove_prefix(std::min(elements.back().size() + 1, list.size()));
  }
  return elements;
}

}  // namespace api
