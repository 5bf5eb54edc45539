// Words of a text, read from data/QUERY.md and written apart from the indexer's.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace oracle {

// Languages whose forms of words are known (to Snowball's rules, by Xapian).
inline constexpr std::array<const char*, 14> kStemmedLanguages = {
    "en", "fr", "de", "es", "it", "ru", "tr", "ar", "nl", "pt", "sv", "da", "no", "fi"};

// A text by a number, so that many can be compared: the same text has the same number.
using TextId = std::uint32_t;

struct Word {
  std::string plain;  // compared: compatibility composed, case folded, without accents
  std::string exact;  // with its accents
  std::size_t begin = 0, end = 0;  // bytes in the text
  // Too long to be looked for, or debris: nothing is said of it, nor whether words around it follow each other.
  bool is_open = false;
  TextId id = 0;  // of `plain`
  // Its stems by the rules of each language, without accents.
  std::array<TextId, kStemmedLanguages.size()> stems{};
};

[[nodiscard]] std::vector<Word> words_of(std::string_view utf8);

}  // namespace oracle
