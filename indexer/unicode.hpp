// Unicode's mappings of text: case folding, normalisation, accents.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utf8proc.h>

namespace indexer {

// `utf8` mapped as the options (UTF8PROC_…) say; `replace`, if given, replaces each character
// first. Nothing when the text is not UTF-8.
[[nodiscard]] std::optional<std::string> map_unicode(std::string_view utf8, int options,
                                                     utf8proc_custom_func replace = nullptr);

}  // namespace indexer
