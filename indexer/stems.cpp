#include "indexer/stems.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <vector>
#include <xapian.h>

namespace indexer {
namespace {

constexpr std::size_t kMaxCachedBytes = 23;

struct Slot {
  std::array<char, kMaxCachedBytes> word, stem;
  unsigned char word_length = 0, stem_length = 0;
};

bool is_stemmable(std::string_view word) {
  return std::all_of(word.begin(), word.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || c == '\''; });
}

}  // namespace

struct StemCache::State {
  Xapian::Stem stemmer{"english"};
  std::vector<Slot> slots;  // each word has one place; the last one there stays
  std::string uncached;
};

StemCache::StemCache(std::size_t slots) : state_(std::make_unique<State>()) {
  state_->slots.resize(slots);
}
StemCache::StemCache(StemCache&&) noexcept = default;
StemCache& StemCache::operator=(StemCache&&) noexcept = default;
StemCache::~StemCache() = default;

std::string_view StemCache::stem(std::string_view word) {
  if (!is_stemmable(word)) return word;
  if (word.size() > kMaxCachedBytes) {
    state_->uncached = state_->stemmer(std::string(word));
    return state_->uncached;
  }
  Slot& slot = state_->slots[std::hash<std::string_view>{}(word) % state_->slots.size()];
  if (std::string_view(slot.word.data(), slot.word_length) != word) {
    const std::string stem = state_->stemmer(std::string(word));
    if (stem.size() > kMaxCachedBytes) {
      state_->uncached = stem;
      return state_->uncached;
    }
    slot.word_length = static_cast<unsigned char>(word.copy(slot.word.data(), kMaxCachedBytes));
    slot.stem_length = static_cast<unsigned char>(stem.copy(slot.stem.data(), kMaxCachedBytes));
  }
  return {slot.stem.data(), slot.stem_length};
}

}  // namespace indexer
