#include "indexer/umlauts.hpp"

#include <cstddef>

namespace indexer {
namespace {

constexpr std::size_t kMostSpellings = 16;

constexpr struct {
  std::string_view letters, umlaut;
} kUmlauts[] = {
    {"ae", "\u00E4"}, {"oe", "\u00F6"}, {"oe", "\u00F8"}, {"ue", "\u00FC"}, {"aa", "\u00E5"}};

// `begun` is a spelling of what stands before `from`.
void spell_rest(std::string_view word, std::size_t from, const std::string& begun,
                std::vector<std::string>& spellings) {
  for (std::size_t at = from; at < word.size(); ++at) {
    for (const auto& [letters, umlaut] : kUmlauts) {
      if (!word.substr(at).starts_with(letters)) continue;
      if (spellings.size() == kMostSpellings) return;
      std::string spelled = begun;
      spelled.append(word.substr(from, at - from)).append(umlaut);
      const auto next = at + letters.size();
      spellings.push_back(spelled + std::string(word.substr(next)));
      spell_rest(word, next, spelled, spellings);
    }
  }
}

}  // namespace

std::vector<std::string> umlaut_spellings(std::string_view word) {
  std::vector<std::string> spellings;
  spell_rest(word, 0, {}, spellings);
  return spellings;
}

}  // namespace indexer
