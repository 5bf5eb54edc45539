#include "indexer/address_words.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utf8proc.h>

#include "indexer/unicode.hpp"
#include "indexer/utf8.hpp"
#include "mail/ascii.hpp"
#include "mail/charset.hpp"

namespace indexer {
namespace {

constexpr std::size_t kMaxWordsTyped = 8;

char fold_ascii(char c) {
  constexpr std::string_view kSpaces = "\"<>(),;:[]\x7f";
  const bool is_space = static_cast<unsigned char>(c) < 0x20 || kSpaces.find(c) != kSpaces.npos;
  return is_space ? ' ' : mail::lower_ascii(c);
}

// Letters that Unicode does not take apart, though people type them so.
utf8proc_int32_t plain_letter(utf8proc_int32_t code, void*) {
  switch (code) {
    case 0x00D8:
    case 0x00F8:  // ø
      return 'o';
    case 0x0110:
    case 0x0111:  // đ
      return 'd';
    case 0x0131:  // ı
      return 'i';
    case 0x0141:
    case 0x0142:  // ł
      return 'l';
    default:
      return code;
  }
}

std::string strip_accents(std::string_view utf8) {
  return map_unicode(utf8,
                     UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD |
                         UTF8PROC_STRIPMARK | UTF8PROC_IGNORE,
                     plain_letter)
      .value_or("");
}

enum class CharacterClass : std::uint8_t { kOther, kAt, kLetter, kIdeograph };

struct NameCharacter {
  std::size_t bytes = 1;
  CharacterClass kind = CharacterClass::kOther;
};

bool is_letter_or_digit(utf8proc_category_t category) {
  return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
         (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
}

// Chinese, Japanese and Korean names are written in one piece: each of their characters may be
// typed first.
constexpr utf8proc_int32_t kFirstIdeograph = 0x2E80;

NameCharacter name_character_at(std::string_view text, std::size_t position) {
  const auto byte = static_cast<unsigned char>(text[position]);
  if (byte < 0x80) {
    const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
    return {1, byte == '@' ? CharacterClass::kAt
               : letter    ? CharacterClass::kLetter
                           : CharacterClass::kOther};
  }
  utf8proc_int32_t code = 0;
  const auto bytes =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data() + position),
                       static_cast<utf8proc_ssize_t>(text.size() - position), &code);
  if (bytes <= 0) return {};
  const auto category = utf8proc_category(code);
  if (!is_letter_or_digit(category))
    return {static_cast<std::size_t>(bytes), CharacterClass::kOther};
  const bool ideograph = code >= kFirstIdeograph && category == UTF8PROC_CATEGORY_LO;
  return {static_cast<std::size_t>(bytes),
          ideograph ? CharacterClass::kIdeograph : CharacterClass::kLetter};
}

// Calls `visit` with the place of each letter, digit or "@" that begins a word.
template <typename Visit>
void for_each_begin(std::string_view text, Visit&& visit) {
  CharacterClass before = CharacterClass::kOther;
  for (std::size_t at = 0; at < text.size();) {
    const auto character = name_character_at(text, at);
    const bool begins =
        character.kind == CharacterClass::kAt || character.kind == CharacterClass::kIdeograph ||
        (character.kind == CharacterClass::kLetter && before != CharacterClass::kLetter);
    if (begins) visit(at);
    before = character.kind;
    at += character.bytes;
  }
}

// Where the last part of an address_text's domain begins; the end of the text when the domain is
// one word.
std::size_t last_domain_part(std::string_view text) {
  const auto dot = text.rfind('.');
  const auto at = text.rfind('@');
  return dot == text.npos || at == text.npos || dot < at ? text.size() : dot + 1;
}

// "no-reply.shop" → "noreplyshop"
std::string letters_of(std::string_view local_part) {
  std::string letters;
  for (const char c : local_part) {
    if (c >= 'a' && c <= 'z') letters += c;
  }
  return letters;
}

// Parts that a program made: 16 characters or more, four digits among them.
bool has_made_up_part(std::string_view local_part) {
  constexpr std::ptrdiff_t kLength = 16, kDigits = 4;
  std::ptrdiff_t length = 0, digits = 0;
  for (const char c : local_part) {
    const bool digit = c >= '0' && c <= '9';
    const bool goes_on = digit || (c >= 'a' && c <= 'z');
    length = goes_on ? length + 1 : 0;
    digits = goes_on ? digits + (digit ? 1 : 0) : 0;
    if (length >= kLength && digits >= kDigits) return true;
  }
  return false;
}

}  // namespace

std::string fold_address(std::string_view utf8) {
  std::string folded = mail::is_ascii(utf8) ? std::string(utf8) : strip_accents(utf8);
  std::transform(folded.begin(), folded.end(), folded.begin(), fold_ascii);
  return folded;
}

std::string address_text(std::string_view name, std::string_view email) {
  return fold_address(name) + ' ' + fold_address(email);
}

std::string_view cut_to_key(std::string_view utf8) { return utf8_prefix(utf8, kMaxKey); }

std::vector<std::string> address_keys(std::string_view text) {
  std::vector<std::string> keys;
  const auto end = last_domain_part(text);
  for_each_begin(text, [&](std::size_t at) {
    if (at != end) keys.emplace_back(cut_to_key(text.substr(at)));
  });
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

bool has_word(std::string_view text, std::string_view typed) {
  if (text.find(typed) == text.npos) return false;
  const auto end = last_domain_part(text);
  bool found = false;
  for_each_begin(text, [&](std::size_t at) {
    found = found || (at != end && text.substr(at).starts_with(typed));
  });
  return found;
}

std::vector<std::string> typed_words(std::string_view utf8) {
  const std::string folded = fold_address(utf8);
  std::vector<std::string> words;
  std::string_view left = folded;
  while (!left.empty() && words.size() < kMaxWordsTyped) {
    auto word = left.substr(0, left.find(' '));
    left.remove_prefix(std::min(word.size() + 1, left.size()));
    std::size_t begin = word.size();
    for_each_begin(word, [&](std::size_t at) { begin = std::min(begin, at); });
    word.remove_prefix(begin);
    if (!word.empty()) words.emplace_back(word);
  }
  return words;
}

bool is_automated(std::string_view folded_email) {
  constexpr std::array<std::string_view, 12> kProgram = {
      "noreply", "donotreply",   "nepasrepondre", "bounce",    "mailerdaemon", "postmaster",
      "notify",  "notification", "unsubscribe",   "automated", "autoreply",    "alerts"};
  const auto local_part = folded_email.substr(0, folded_email.rfind('@'));
  const auto letters = letters_of(local_part);
  return has_made_up_part(local_part) ||
         std::any_of(kProgram.begin(), kProgram.end(),
                     [&](std::string_view word) { return letters.find(word) != letters.npos; });
}

}  // namespace indexer
