// English stems of words, remembered: most words of a text were met before.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace indexer {

// For one thread.
class StemCache {
 public:
  // `slots`: words remembered, at most; each takes 48 bytes.
  explicit StemCache(std::size_t slots = 16'384);
  StemCache(StemCache&&) noexcept;
  StemCache& operator=(StemCache&&) noexcept;
  ~StemCache();

  // The stem of a folded word; the word itself when it is not of ASCII letters only, or is its own stem. Valid until the
  // next call.
  [[nodiscard]] std::string_view stem(std::string_view word);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace indexer
