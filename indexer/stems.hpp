// Stems of words (Snowball's, as Xapian has them), remembered: most words of a text were met before.
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
  // `language`: a code that has_stems() knows. `slots`: words remembered, at most; each takes 64 bytes.
  explicit StemCache(const std::string& language, std::size_t slots = 16'384);
  StemCache(StemCache&&) noexcept;
  StemCache& operator=(StemCache&&) noexcept;
  ~StemCache();

  // The stem of a case-folded word, without its accents; of what has digits, the word itself without them. Valid until the next
  // call.
  [[nodiscard]] std::string_view stem(std::string_view word);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Whether there are stems for a language ("fr", "zh-hant").
[[nodiscard]] bool has_stems(std::string_view language);

// Several languages at once, made as they are first asked for; for one thread.
class Stems {
 public:
  explicit Stems(std::size_t slots = 16'384) : slots_(slots) {}
  // Null where there are no stems for it.
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
