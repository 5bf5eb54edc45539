#include "indexer/language.hpp"

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>

#include "mail/ascii.hpp"
#include "mail/text.hpp"

namespace indexer {
namespace {

// Enough to be sure; CLD2 takes about 10 µs a kilobyte.
constexpr std::size_t kMaxBytes = 4'096;

// CLD2 knows some languages by codes that were withdrawn since.
std::string current_code(std::string_view given) {
  const std::string code = mail::lower_ascii(given);
  if (code == "iw") return "he";
  if (code == "jw") return "jv";
  return code;
}

// CLD2 has codes of scripts ("xx-grek") and of jests ("zzp") as well, and of what it cannot tell.
bool is_of_a_language(std::string_view code) {
  return !code.empty() && !code.starts_with("xx") && !code.starts_with("zz") && code != "un" &&
         code != "tlh";
}

}  // namespace

std::string language_of(std::string_view utf8) {
  const std::string text = mail::to_valid_utf8(utf8.substr(0, kMaxBytes));
  bool is_reliable = false;
  const CLD2::Language language = CLD2::DetectLanguage(text.data(), static_cast<int>(text.size()),
                                                       /*is_plain_text=*/true, &is_reliable);
  if (!is_reliable || language == CLD2::UNKNOWN_LANGUAGE) return {};
  return current_code(CLD2::LanguageCode(language));
}

bool is_detected_language(std::string_view code) {
  for (int i = 0; i < CLD2::NUM_LANGUAGES; ++i) {
    const auto known = current_code(CLD2::LanguageCode(static_cast<CLD2::Language>(i)));
    if (!is_of_a_language(known) || !known.starts_with(code)) continue;
    if (known.size() == code.size() || known[code.size()] == '-') return true;
  }
  return false;
}

}  // namespace indexer
