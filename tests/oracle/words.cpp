#include "tests/oracle/words.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <unordered_map>
#include <utf8proc.h>
#include <xapian.h>

namespace oracle {
namespace {

constexpr std::size_t kLongWord = 60;  // bytes; from about here on words are left out
constexpr std::string_view kBase64 = "+/=";

struct Character {
  char32_t code = 0;
  std::size_t begin = 0, end = 0;
};

// Bytes that are no UTF-8 give U+0000.
std::vector<Character> characters_of(std::string_view text) {
  std::vector<Character> characters;
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t code = length == 1 ? lead : lead & (0x7Fu >> length);
    bool is_sound = lead < 0x80 || (lead >= 0xC2 && lead < 0xF5);
    for (std::size_t i = 1; i < length; ++i) {
      is_sound = is_sound && at + i < text.size() && (text[at + i] & 0xC0) == 0x80;
      if (is_sound) code = (code << 6) | (static_cast<unsigned char>(text[at + i]) & 0x3Fu);
    }
    const std::size_t end = is_sound ? at + length : at + 1;
    characters.push_back({is_sound ? code : 0, at, end});
    at = end;
  }
  return characters;
}

enum class Kind { kBetween, kLetter, kMark, kAlone };

bool is_written_without_spaces(char32_t code) {
  struct Block {
    char32_t first, last;
  };
  constexpr Block kBlocks[] = {
      {0x0E00, 0x0EFF}, {0x1000, 0x109F}, {0x1100, 0x11FF}, {0x1780, 0x17FF},  {0x3005, 0x3007},
      {0x3031, 0x3035}, {0x3041, 0x318F}, {0x31A0, 0x31FF}, {0x3400, 0x4DBF},  {0x4E00, 0x9FFF},
      {0xAC00, 0xD7A3}, {0xF900, 0xFAFF}, {0xFF66, 0xFF9D}, {0x20000, 0x323AF}};
  return std::any_of(std::begin(kBlocks), std::end(kBlocks),
                     [code](const Block& b) { return code >= b.first && code <= b.last; });
}

Kind kind_of(char32_t code) {
  constexpr std::u32string_view kInvisible = U"\u00AD\u200B\u200C\u200D\u2060\uFEFF";
  if (kInvisible.find(code) != std::u32string_view::npos) return Kind::kMark;
  if (code == 0x2BC) return Kind::kBetween;  // an apostrophe
  const std::string category = utf8proc_category_string(static_cast<utf8proc_int32_t>(code));
  if (category[0] == 'M') return Kind::kMark;
  if (category[0] != 'L' && category[0] != 'N') return Kind::kBetween;
  return is_written_without_spaces(code) ? Kind::kAlone : Kind::kLetter;
}

std::string mapped(std::string_view text, utf8proc_option_t options) {
  utf8proc_uint8_t* bytes = nullptr;
  const auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                   static_cast<utf8proc_ssize_t>(text.size()), &bytes, options);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(bytes, &std::free);
  return length < 0
             ? std::string()
             : std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
}

std::string folded(std::string_view text) {
  return mapped(
      text, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
                                           UTF8PROC_CASEFOLD | UTF8PROC_IGNORE));
}

bool is_accent(char32_t code) {
  return (code >= 0x300 && code <= 0x36F) || (code >= 0x591 && code <= 0x5C7) ||
         (code >= 0x610 && code <= 0x61A) || code == 0x640 || (code >= 0x64B && code <= 0x65F) ||
         code == 0x670;
}

std::string without_accents(std::string_view text) {
  static const std::map<char32_t, std::string> kLetters = {
      {U'æ', "ae"}, {U'œ', "oe"}, {U'ø', "o"}, {U'ł', "l"}, {U'đ', "d"}, {U'ð', "d"}, {U'þ', "th"},
      {U'ħ', "h"},  {U'ŧ', "t"},  {U'ı', "i"}, {U'ة', "ه"}, {U'ى', "ي"}, {U'ی', "ي"}, {U'ک', "ك"}};
  constexpr std::u32string_view kDigits = U"٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९";
  const auto apart =
      mapped(text, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE));
  std::string plain;
  char32_t before = 0;
  for (const auto& character : characters_of(apart)) {
    const bool is_short_i = character.code == 0x306 && before == U'и';
    before = character.code;
    if (is_accent(character.code) && !is_short_i) continue;
    if (const auto digit = kDigits.find(character.code); digit != kDigits.npos) {
      plain += static_cast<char>('0' + digit % 10);
      continue;
    }
    const auto letter = kLetters.find(character.code);
    plain += letter != kLetters.end()
                 ? letter->second
                 : apart.substr(character.begin, character.end - character.begin);
  }
  return mapped(plain, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
}

// Part of a long run of letters, digits and signs of base64.
bool is_in_debris(std::string_view text, std::size_t begin, std::size_t end) {
  const auto is_part = [&](std::size_t at) {
    const auto c = static_cast<unsigned char>(text[at]);
    return c < 0x80 && (std::isalnum(c) != 0 || kBase64.find(text[at]) != kBase64.npos);
  };
  while (begin > 0 && is_part(begin - 1)) --begin;
  while (end < text.size() && is_part(end)) ++end;
  return end - begin >= kLongWord;
}

// The "v" of "v2", which is a word of its own.
bool is_letter_of_version(std::string_view text, std::size_t begin) {
  const auto number = text.find_first_not_of("0123456789", begin + 1);
  const auto before = begin == 0 ? ' ' : text[begin - 1];
  if (text[begin] != 'v' && text[begin] != 'V') return false;
  if (number == begin + 1 || begin + 1 == text.size()) return false;
  const auto after = number == text.npos ? ' ' : text[number];
  const auto ends = [](char c) {
    return static_cast<unsigned char>(c) < 0x80 && std::isalnum(static_cast<unsigned char>(c)) == 0;
  };
  return ends(after) && (ends(before) || static_cast<unsigned char>(before) >= 0x80);
}

TextId id_of(const std::string& text) {
  static std::unordered_map<std::string, TextId> known;
  return known.try_emplace(text, static_cast<TextId>(known.size())).first->second;
}

// Of a word with digits, the word itself.
auto stems_of(const Word& word) {
  static std::unordered_map<std::string, decltype(word.stems)> known;
  const auto [place, is_new] = known.try_emplace(word.exact);
  auto& stems = place->second;
  if (!is_new) return stems;
  const bool has_digits = std::any_of(word.exact.begin(), word.exact.end(),
                                      [](unsigned char c) { return std::isdigit(c) != 0; });
  for (std::size_t i = 0; i < stems.size(); ++i) {
    stems[i] = has_digits ? word.id
                          : id_of(without_accents(Xapian::Stem(kStemmedLanguages[i])(word.exact)));
  }
  return stems;
}

}  // namespace

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  const auto characters = characters_of(text);
  for (std::size_t i = 0; i < characters.size();) {
    const auto kind = kind_of(characters[i].code);
    if (kind == Kind::kBetween || kind == Kind::kMark) {
      ++i;
      continue;
    }
    std::size_t j = i + 1;
    while (j < characters.size() && !is_letter_of_version(text, characters[i].begin)) {
      const auto next = kind_of(characters[j].code);
      if (next != Kind::kMark && (kind == Kind::kAlone || next != Kind::kLetter)) break;
      ++j;
    }
    Word word;
    word.begin = characters[i].begin;
    word.end = characters[j - 1].end;
    word.exact = folded(text.substr(word.begin, word.end - word.begin));
    word.plain = without_accents(word.exact);
    word.is_open = word.end - word.begin > kLongWord || word.exact.size() > kLongWord ||
                   word.plain.empty() || is_in_debris(text, word.begin, word.end);
    word.id = id_of(word.plain);
    if (!word.is_open) word.stems = stems_of(word);
    words.push_back(std::move(word));
    i = j;
  }
  return words;
}

}  // namespace oracle
