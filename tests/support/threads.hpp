// Which messages are one thread, said as simply as can be.
#pragma once

#include <algorithm>
#include <numeric>
#include <unordered_map>
#include <vector>

#include "mail/threads.hpp"

namespace support {

// For each set of keys the number of its thread; connected sets get the same number, the index of the first of them.
inline std::vector<std::size_t> threads_of(
    const std::vector<std::vector<mail::ThreadKey>>& messages) {
  std::vector<std::size_t> parent(messages.size());
  std::iota(parent.begin(), parent.end(), std::size_t{0});
  const auto root_of = [&parent](std::size_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  std::unordered_map<mail::ThreadKey, std::size_t> first_with;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    for (const auto key : messages[i]) {
      const auto [known, inserted] = first_with.try_emplace(key, i);
      if (inserted) continue;
      const auto a = root_of(known->second), b = root_of(i);
      parent[std::max(a, b)] = std::min(a, b);  // the root is the first member
    }
  }
  for (std::size_t i = 0; i < messages.size(); ++i) parent[i] = root_of(i);
  return parent;
}

}  // namespace support
