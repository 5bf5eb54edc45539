// Words of a text, read from data/QUERY.md and written apart from the indexer's.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace oracle {

struct Word {
  std::string plain;  // compared: compatibility composed, case folded, without accents
  std::string exact;  // with its accents
  std::size_t begin = 0, end = 0;  // bytes in the text
  // Too long to be looked for, or debris: nothing is said of it, nor whether words around it follow each other.
  bool is_open = false;
};

[[nodiscard]] std::vector<Word> words_of(std::string_view utf8);

// Languages whose forms of words are known (to Snowball's rules, by Xapian).
inline constexpr std::array<const char*, 14> kStemmedLanguages = {
    "en", "fr", "de", "es", "it", "ru", "tr", "ar", "nl", "pt", "sv", "da", "no", "fi"};
// The stems of a word by the rules of each of them, without accents; valid for ever.
using Stems = std::array<std::string, kStemmedLanguages.size()>;
[[nodiscard]] const Stems& stems_of(const Word& word);

}  // namespace oracle
