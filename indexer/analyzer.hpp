// Text to words, the same way for indexing, queries and snippets.
//
// A word is a run of letters, digits and marks (Unicode), case folded; an apostrophe or, between digits, a dot or comma
// joins. Each Chinese, Japanese or Korean ideograph or kana is a word of its own, so that a run of them is found as a phrase. Words
// longer than kMaxWordBytes are left out.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace indexer {

inline constexpr std::size_t kMaxWordBytes = 64;

struct Word {
  std::string_view folded;  // valid during the call
  std::size_t begin = 0;    // bytes in the text
  std::size_t end = 0;
  bool ideograph = false;
};

// Calls `visit` for each word in order.
void for_each_word(std::string_view utf8, const std::function<void(const Word&)>& visit);

}  // namespace indexer
