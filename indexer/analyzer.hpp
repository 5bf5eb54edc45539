// Text to words, the same way for indexing, queries and snippets.
//
// A word is a run of letters, digits and marks (Unicode), case folded and composed (NFKC with case
// folding), so that two spellings of the same text are one word. Nothing joins words: an
// identifier, a number with a dot or a French "l'heure" are phrases of their parts, which are found
// by themselves, and so is the number of "v2". What is written without spaces (Chinese, Japanese, Korean, Thai, Lao, Khmer,
// Burmese) has each of its characters as a word of its own, so that a run of them is found as a
// phrase.
//
// Words are compared without accents: marks over Latin, Greek and Cyrillic letters (but that of й),
// vowel points of Hebrew and Arabic, and strokes (ø, ł, đ, dotless ı); ligatures (æ, œ) are two
// letters. Digits of Arabic and Indian scripts are ASCII digits; ة is ه, and ى, ی are ي, ک is ك.
//
// Words longer than kMaxWordBytes are left out, and so are runs of base64: nobody searches for
// them, and a mailbox holds many. Bytes that are no UTF-8 separate words. Linear in the text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace indexer {

inline constexpr std::size_t kMaxWordBytes = 64;
// Lines of base64 have 60 to 76 characters and change between capital and small letters all the
// time. A path does not: hashes have no capitals, and CamelCase names hardly any numbers. (By
// chance 6 of 20 characters change; 1 line of base64 in 35 is kept.)
inline constexpr std::size_t kBase64Run = 60, kBase64Part = 20;
inline constexpr std::size_t kBase64CaseChanges = 2,
                             kBase64Numbers = 2;  // in each part, in the run

struct Word {
  std::string_view folded;  // without accents; valid until the next word is asked for
  std::string_view exact;  // with them; the same where there are none
  std::size_t begin = 0;  // bytes in the text
  std::size_t end = 0;
  bool ideograph = false;  // a character that is a word of its own
};

// Walks over the words of a text, which must outlive it.
class WordScanner {
 public:
  explicit WordScanner(std::string_view utf8) : text_(utf8) {}

  // The next word, or false at the end of the text.
  bool next(Word& word);

 private:
  bool scan_ascii(Word& word);
  [[nodiscard]] std::size_t begin_of_version() const;
  bool scan_unicode(Word& word, std::size_t begin);
  bool scan_character(Word& word);
  bool fold(Word& word, std::size_t begin, std::size_t end);
  bool skip_base64(std::size_t begin);

  std::string_view text_;
  std::size_t position_ = 0;
  std::array<char, kMaxWordBytes> folded_{}, exact_{};
};

// Calls `visit` with each word in order.
template <typename Visit>
void for_each_word(std::string_view utf8, Visit&& visit) {
  WordScanner scanner(utf8);
  for (Word word; scanner.next(word);) visit(std::as_const(word));
}

[[nodiscard]] std::vector<std::string> words_of(std::string_view utf8);

// A word as the scanner gives it, without its accents.
[[nodiscard]] std::string without_accents(std::string_view word);

}  // namespace indexer
