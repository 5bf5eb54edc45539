#include "indexer/analyzer.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utf8proc.h>

namespace indexer {
namespace {

enum class Class : std::uint8_t { kSeparator, kLetter, kDigit, kMark, kIdeograph };

constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct AsciiTable {
  std::array<Class, 128> classes{};
  std::array<char, 128> folded{};
  std::array<bool, 128> base64{};
};

constexpr AsciiTable kAscii = [] {
  AsciiTable table;
  for (std::size_t i = 0; i < 128; ++i) {
    const char c = static_cast<char>(i);
    const bool upper = is_upper(c), digit = is_digit(c);
    const bool letter = upper || is_lower(c);
    table.classes[i] = letter ? Class::kLetter : digit ? Class::kDigit : Class::kSeparator;
    table.folded[i] = upper ? static_cast<char>(c - 'A' + 'a') : c;
    table.base64[i] = letter || digit || c == '+' || c == '/' || c == '=';
  }
  return table;
}();

constexpr bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }
constexpr Class ascii_class(char c) { return kAscii.classes[static_cast<unsigned char>(c)]; }

struct Range {
  std::int32_t first, last;
};

// Scripts that are written without spaces between words; letters and numbers of these blocks stand
// for themselves.
constexpr Range kUnspaced[] = {
    {0x0E00, 0x0EFF},  // Thai, Lao
    {0x1000, 0x109F},  // Burmese
    {0x1100, 0x11FF},  // Hangul jamo
    {0x1780, 0x17FF},  // Khmer
    {0x2E80, 0x2FDF},  // radicals
    {0x3005, 0x3007},  // iteration mark, ideographic zero
    {0x3021, 0x3035},  // Hangzhou numerals, kana repeat marks
    {0x3041, 0x318F},  // kana, bopomofo, Hangul compatibility jamo
    {0x31A0, 0x31FF},  // bopomofo and kana, extended
    {0x3400, 0x4DBF},  // ideographs, extension A
    {0x4E00, 0x9FFF},  // ideographs
    {0xA960, 0xA97F},  // Hangul jamo, extended
    {0xAC00, 0xD7FF},  // Hangul syllables
    {0xF900, 0xFAFF},  // compatibility ideographs
    {0xFF66, 0xFFDC},  // half-width kana and Hangul
    {0x1B000, 0x1B16F},  // kana, supplement
    {0x20000, 0x3FFFF},  // ideographs, further extensions
};

bool is_unspaced(std::int32_t c) {
  if (c < kUnspaced[0].first) return false;
  for (const auto& range : kUnspaced) {
    if (c <= range.last) return c >= range.first;
  }
  return false;
}

// Vowels and finals that complete a Hangul syllable, and half-width voice marks: they belong to
// what stands before.
constexpr bool completes_character(std::int32_t c) {
  return (c >= 0x1160 && c <= 0x11FF) || (c >= 0xD7B0 && c <= 0xD7FB) || c == 0xFF9E || c == 0xFF9F;
}

// Invisible in a word: soft hyphen, zero-width space, joiners, byte order mark.
constexpr bool is_ignorable(std::int32_t c) {
  return c == 0xAD || c == 0x200B || c == 0x200C || c == 0x200D || c == 0x2060 || c == 0xFEFF;
}

struct Character {
  std::int32_t code = 0;
  std::size_t bytes = 1;
  Class kind = Class::kSeparator;
};

// Unicode calls it a letter; it separates words as the others do.
constexpr std::int32_t kModifierApostrophe = 0x2BC;

Class classify(std::int32_t code) {
  if (code < 128) return ascii_class(static_cast<char>(code));
  if (code == kModifierApostrophe) return Class::kSeparator;
  if (is_ignorable(code)) return Class::kMark;
  switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return is_unspaced(code) ? Class::kIdeograph : Class::kLetter;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return is_unspaced(code) ? Class::kIdeograph : Class::kDigit;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
      return Class::kMark;
    default:
      return Class::kSeparator;
  }
}

// The character at `position`, which is inside the text. An ill-formed byte is a separator.
Character character_at(std::string_view text, std::size_t position) {
  Character character;
  const auto left = static_cast<utf8proc_ssize_t>(text.size() - position);
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data() + position);
  const auto length = utf8proc_iterate(bytes, left, &character.code);
  if (length <= 0) return {};
  character.bytes = static_cast<std::size_t>(length);
  character.kind = classify(character.code);
  return character;
}

// Raw bytes of a word that may still fold to kMaxWordBytes.
constexpr std::size_t kMaxRawBytes = 4 * kMaxWordBytes;

// The characters of a word, decomposed and case folded.
struct Codes {
  // One more than used: utf8proc_reencode ends its result, which may fill the array, with a zero.
  // Ligatures become two.
  std::array<utf8proc_int32_t, 2 * kMaxRawBytes + 1> values;
  std::size_t size = 0;

  void push_back(std::int32_t code) { values[size++] = code; }
};

constexpr auto kFolding = static_cast<utf8proc_option_t>(
    UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);

// False when it is more than a word may have.
bool decompose(std::string_view text, Codes& codes) {
  const auto count = utf8proc_decompose(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                        static_cast<utf8proc_ssize_t>(text.size()),
                                        codes.values.data(), kMaxRawBytes, kFolding);
  if (count <= 0 || count > static_cast<utf8proc_ssize_t>(kMaxRawBytes)) return false;
  codes.size = static_cast<std::size_t>(count);
  return true;
}

// Leaves `codes` composed, and the text in `bytes`; empty when it is longer than a word may be.
std::string_view compose(Codes& codes, std::array<char, kMaxWordBytes>& bytes) {
  if (codes.size == 0) return {};
  const auto length =
      utf8proc_reencode(codes.values.data(), static_cast<utf8proc_ssize_t>(codes.size), kFolding);
  if (length <= 0 || length > static_cast<utf8proc_ssize_t>(kMaxWordBytes)) return {};
  const std::string_view text(reinterpret_cast<const char*>(codes.values.data()),
                              static_cast<std::size_t>(length));
  text.copy(bytes.data(), kMaxWordBytes);
  return {bytes.data(), text.size()};
}

constexpr std::int32_t kBreve = 0x306, kCyrillicI = 0x438;

bool is_accent(std::int32_t code) {
  return (code >= 0x300 && code <= 0x36F) ||  // of Latin, Greek and Cyrillic
         (code >= 0x591 && code <= 0x5C7) ||  // Hebrew
         (code >= 0x610 && code <= 0x61A) || (code >= 0x64B && code <= 0x65F) || code == 0x670 ||
         code == 0x640;  // Arabic, and what only stretches its words
}

// What a letter or digit is compared as: two characters, or one and zero.
struct Plain {
  std::int32_t first, second;
};

// Letters that do not decompose; those of Arabic that keyboards and habits exchange.
constexpr struct {
  std::int32_t code;
  Plain plain;
} kLetters[] = {
    {0xE6, {'a', 'e'}},  {0xF0, {'d', 0}},    {0xF8, {'o', 0}},    {0xFE, {'t', 'h'}},
    {0x111, {'d', 0}},   {0x127, {'h', 0}},   {0x131, {'i', 0}},   {0x142, {'l', 0}},
    {0x153, {'o', 'e'}}, {0x167, {'t', 0}},   {0x629, {0x647, 0}}, {0x649, {0x64A, 0}},
    {0x6A9, {0x643, 0}}, {0x6CC, {0x64A, 0}},
};

// The zeros of scripts whose numbers are also written with ASCII digits: Arabic, Persian, and those
// of India.
constexpr std::int32_t kZeros[] = {0x660, 0x6F0, 0x966, 0x9E6, 0xA66, 0xAE6,
                                   0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66};

// Nothing for what is compared as it is.
std::optional<Plain> plain_of(std::int32_t code) {
  if (code < kLetters[0].code || code > kZeros[std::size(kZeros) - 1] + 9) return std::nullopt;
  for (const auto& letter : kLetters) {
    if (letter.code == code) return letter.plain;
  }
  for (const auto zero : kZeros) {
    if (code >= zero && code <= zero + 9) return Plain{'0' + code - zero, 0};
  }
  return std::nullopt;
}

bool has_accents(const Codes& codes) {
  return std::any_of(codes.values.begin(), codes.values.begin() + codes.size,
                     [](auto code) { return is_accent(code) || plain_of(code); });
}

Codes plain_letters(const Codes& codes) {
  Codes plain;
  for (std::size_t i = 0; i < codes.size; ++i) {
    const auto code = codes.values[i];
    if (const auto letter = plain_of(code)) {
      plain.push_back(letter->first);
      if (letter->second != 0) plain.push_back(letter->second);
    } else if (!is_accent(code) || (code == kBreve && i > 0 && codes.values[i - 1] == kCyrillicI)) {
      plain.push_back(code);
    }
  }
  return plain;
}

}  // namespace

bool WordScanner::next(Word& word) {
  while (position_ < text_.size()) {
    const char c = text_[position_];
    if (is_ascii(c)) {
      if (ascii_class(c) == Class::kSeparator) {
        ++position_;
      } else if (scan_ascii(word)) {
        return true;
      }
      continue;
    }
    const auto character = character_at(text_, position_);
    switch (character.kind) {
      case Class::kSeparator:
      case Class::kMark:
        position_ += character.bytes;
        break;
      case Class::kIdeograph:
        if (scan_character(word)) return true;
        break;
      case Class::kLetter:
      case Class::kDigit:
        if (scan_unicode(word, position_)) return true;
        break;
    }
  }
  return false;
}

// A word that begins with an ASCII letter or digit; nearly all are ASCII to their end.
bool WordScanner::scan_ascii(Word& word) {
  const std::size_t begin = position_;
  std::size_t length = 0;
  const std::size_t version = begin_of_version();
  const std::size_t end = version == 0 ? text_.size() : version;
  while (position_ < end) {
    const char c = text_[position_];
    if (!is_ascii(c)) {
      const auto kind = character_at(text_, position_).kind;
      if (kind == Class::kSeparator || kind == Class::kIdeograph) break;
      return scan_unicode(word, begin);
    }
    if (ascii_class(c) == Class::kSeparator) {
      if ((c == '/' || c == '+') && skip_base64(begin)) return false;
      break;
    }
    if (length < kMaxWordBytes) folded_[length] = kAscii.folded[static_cast<unsigned char>(c)];
    ++length;
    ++position_;
  }
  if (length > kMaxWordBytes) return false;
  const std::string_view folded(folded_.data(), length);
  word = {folded, folded, begin, position_, false};
  return true;
}

// Where the number of "v2" begins, which is looked for without the letter; 0 for other words.
std::size_t WordScanner::begin_of_version() const {
  const auto number = position_ + 1;
  if ((text_[position_] | 0x20) != 'v' || number >= text_.size() || !is_digit(text_[number]))
    return 0;
  auto end = number;
  while (end < text_.size() && is_digit(text_[end])) ++end;
  const bool is_number =
      end == text_.size() || (is_ascii(text_[end]) && ascii_class(text_[end]) == Class::kSeparator);
  return is_number ? number : 0;
}

// A word of any letters.
bool WordScanner::scan_unicode(Word& word, std::size_t begin) {
  position_ = begin;
  while (position_ < text_.size()) {
    const auto character = character_at(text_, position_);
    if (character.kind == Class::kIdeograph || character.kind == Class::kSeparator) break;
    position_ += character.bytes;
  }
  return fold(word, begin, position_);
}

// A character that is a word of its own, with what belongs to it.
bool WordScanner::scan_character(Word& word) {
  const std::size_t begin = position_;
  position_ += character_at(text_, position_).bytes;
  while (position_ < text_.size() && !is_ascii(text_[position_])) {
    const auto character = character_at(text_, position_);
    if (character.kind != Class::kMark && !completes_character(character.code)) break;
    position_ += character.bytes;
  }
  if (!fold(word, begin, position_)) return false;
  word.ideograph = true;
  return true;
}

// False when nothing is left of it, or more than a word may have.
bool WordScanner::fold(Word& word, std::size_t begin, std::size_t end) {
  if (end - begin > kMaxRawBytes) return false;
  Codes codes;
  if (!decompose(text_.substr(begin, end - begin), codes)) return false;
  std::string_view folded;
  if (has_accents(codes)) {
    auto plain = plain_letters(codes);
    folded = compose(plain, folded_);
    if (folded.empty()) return false;
  }
  const auto exact = compose(codes, exact_);
  if (exact.empty()) return false;
  word = {folded.empty() ? exact : folded, exact, begin, end, false};
  return true;
}

// Passes over the run of base64 that begins at `begin`; false when it is none.
bool WordScanner::skip_base64(std::size_t begin) {
  if (text_.size() - begin < kBase64Run) return false;
  std::size_t numbers = 0;
  char last = '/';
  for (std::size_t part = begin; part < begin + kBase64Run; part += kBase64Part) {
    std::size_t case_changes = 0;
    for (const char c : text_.substr(part, kBase64Part)) {
      if (!is_ascii(c) || !kAscii.base64[static_cast<unsigned char>(c)]) return false;
      case_changes += (is_upper(last) && is_lower(c)) || (is_lower(last) && is_upper(c)) ? 1 : 0;
      numbers += is_digit(c) && !is_digit(last) ? 1 : 0;
      last = c;
    }
    if (case_changes < kBase64CaseChanges) return false;
  }
  if (numbers < kBase64Numbers) return false;
  position_ = begin + kBase64Run;
  while (position_ < text_.size() && is_ascii(text_[position_]) &&
         kAscii.base64[static_cast<unsigned char>(text_[position_])]) {
    ++position_;
  }
  return true;
}

std::string without_accents(std::string_view word) {
  if (std::all_of(word.begin(), word.end(), is_ascii)) return std::string(word);
  Codes codes;
  std::array<char, kMaxWordBytes> bytes{};
  if (word.size() > kMaxRawBytes || !decompose(word, codes)) return std::string(word);
  auto plain = plain_letters(codes);
  return std::string(compose(plain, bytes));
}

std::vector<std::string> words_of(std::string_view utf8) {
  std::vector<std::string> words;
  for_each_word(utf8, [&](const Word& word) { words.emplace_back(word.folded); });
  return words;
}

}  // namespace indexer
