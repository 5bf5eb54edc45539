// The messages met so far in one import. A message that is in several files gets the keywords of
// the first of them; without this rule each import of the same files would change them again.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <unordered_set>

namespace indexer {

class SeenMessages {
 public:
  // True when the message was not met before. May be wrongly true beyond the number of messages
  // that are remembered.
  bool is_first(std::string_view id) {
    constexpr std::size_t kMaxRemembered = 1'000'000;  // some 30 MB
    if (hashes_.size() >= kMaxRemembered) hashes_.clear();
    return hashes_.insert(std::hash<std::string_view>()(id)).second;
  }

 private:
  std::unordered_set<std::size_t> hashes_;
};

}  // namespace indexer
