// The language that a text is written in, by CLD2 (n-grams; 83 languages).
#pragma once

#include <string>
#include <string_view>

namespace indexer {

// A BCP 47 code in lower case, such as "fr" or "zh-hant"; empty where the text is too short, or of
// no language known. Looks at the first few kilobytes of `utf8`, which need not be valid.
[[nodiscard]] std::string language_of(std::string_view utf8);
// Whether `code`, in lower case, is one that language_of() can give, or the part before the hyphen
// of one.
[[nodiscard]] bool is_detected_language(std::string_view code);

}  // namespace indexer
