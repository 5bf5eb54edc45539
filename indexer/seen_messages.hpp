// Messages that came by in one import. A message that lies in several files has the keywords of the first of them: without
// this, each import of the same files would change them again.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <unordered_set>

namespace indexer {

class SeenMessages {
 public:
  // True when it did not come by before; of so many that they are no longer remembered, it may say so again.
  bool is_first(std::string_view id) {
    constexpr std::size_t kMaxRemembered = 1'000'000;  // some 30 MB
    if (hashes_.size() >= kMaxRemembered) hashes_.clear();
    return hashes_.insert(std::hash<std::string_view>()(id)).second;
  }

 private:
  std::unordered_set<std::size_t> hashes_;
};

}  // namespace indexer
