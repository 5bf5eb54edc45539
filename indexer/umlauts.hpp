// Words as people type them whose keyboard lacks the letters: "Mueller" for Müller, "Aarhus" for
// Århus (DIN 5007-2, Danish Retskrivningsordbogen).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace indexer {

// The words, without `word` itself, that are written so with ä, ö, ø, ü or å: at most 16. Most are
// in no language; look them up.
[[nodiscard]] std::vector<std::string> umlaut_spellings(std::string_view word);

}  // namespace indexer
