// Stems of words (Xapian's Snowball stemmers) with a cache, since most words of a text were met
// before.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace indexer {

// The stems of one language, for one thread.
class StemCache {
 public:
  // `language`: a code that has_stems() knows. `slots`: words remembered, at most; each takes 64
  // bytes.
  explicit StemCache(const std::string& language, std::size_t slots = 16'384);
  StemCache(StemCache&&) noexcept;
  StemCache& operator=(StemCache&&) noexcept;
  ~StemCache();

  // The stem of a case-folded word, without accents. A word with digits is its own stem. Valid
  // until the next call.
  [[nodiscard]] std::string_view stem(std::string_view word);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Whether there are stems for a language ("fr", "zh-hant").
[[nodiscard]] bool has_stems(std::string_view language);

// Stemmers of several languages, each created on first use. For one thread.
class Stems {
 public:
  explicit Stems(std::size_t slots = 16'384) : slots_(slots) {}
  // Null when there is no stemmer for the language.
  [[nodiscard]] StemCache* of(std::string_view language);

 private:
  struct Known {
    std::string language;
    std::unique_ptr<StemCache> stems;
  };
  std::size_t slots_;
  std::vector<Known> known_;
};

}  // namespace indexer
