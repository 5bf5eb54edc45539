#include "indexer/stems.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <vector>
#include <xapian.h>

#include "indexer/analyzer.hpp"

namespace indexer {
namespace {

constexpr std::size_t kMaxCachedBytes = 31;

struct Slot {
  std::array<char, kMaxCachedBytes> word, stem;
  unsigned char word_length = 0, stem_length = 0;
};

bool has_digit(std::string_view word) {
  return std::any_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

struct StemCache::State {
  explicit State(const std::string& language) : stemmer(language) {}

  Xapian::Stem stemmer;
  std::vector<Slot> slots;  // each word has one place; the last one there stays
  std::string uncached;
};

StemCache::StemCache(const std::string& language, std::size_t slots)
    : state_(std::make_unique<State>(language)) {
  state_->slots.resize(slots);
}
StemCache::StemCache(StemCache&&) noexcept = default;
StemCache& StemCache::operator=(StemCache&&) noexcept = default;
StemCache::~StemCache() = default;

std::string_view StemCache::stem(std::string_view word) {
  if (has_digit(word)) {
    state_->uncached = without_accents(word);
    return state_->uncached;
  }
  if (word.size() > kMaxCachedBytes) {
    state_->uncached = without_accents(state_->stemmer(std::string(word)));
    return state_->uncached;
  }
  Slot& slot = state_->slots[std::hash<std::string_view>{}(word) % state_->slots.size()];
  if (std::string_view(slot.word.data(), slot.word_length) != word) {
    const std::string stem = without_accents(state_->stemmer(std::string(word)));
    if (stem.size() > kMaxCachedBytes) {
      state_->uncached = stem;
      return state_->uncached;
    }
    slot.word_length = static_cast<unsigned char>(word.copy(slot.word.data(), kMaxCachedBytes));
    slot.stem_length = static_cast<unsigned char>(stem.copy(slot.stem.data(), kMaxCachedBytes));
  }
  return {slot.stem.data(), slot.stem_length};
}

bool has_stems(std::string_view language) {
  // Those that Xapian 1.4.22 has.
  constexpr std::string_view kCodes[] = {"ar", "hy", "eu", "ca", "da", "nl", "en", "fi", "fr",
                                         "de", "hu", "id", "ga", "it", "lt", "ne", "no", "nb",
                                         "nn", "pt", "ro", "ru", "es", "sv", "ta", "tr"};
  return std::find(std::begin(kCodes), std::end(kCodes), language) != std::end(kCodes);
}

StemCache* Stems::of(std::string_view language) {
  if (!has_stems(language)) return nullptr;
  const auto found = std::find_if(known_.begin(), known_.end(),
                                  [&](const Known& known) { return known.language == language; });
  if (found != known_.end()) return found->stems.get();
  known_.push_back(
      {std::string(language), std::make_unique<StemCache>(std::string(language), slots_)});
  return known_.back().stems.get();
}

}  // namespace indexer
