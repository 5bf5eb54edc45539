// Random changes of samples, the same for the same seed.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace fuzz {

class Mutator {
 public:
  // `samples` must not be empty; they are what changes begin with and what they mix in.
  Mutator(std::vector<std::string> samples, std::uint32_t seed)
      : samples_(std::move(samples)), random_(seed) {}

  // One of the samples with some changes: bytes, pieces left out, doubled or taken from another sample. At most 64 KB.
  std::string next();

 private:
  std::size_t below(std::size_t bound) { return random_() % bound; }
  const std::string& any_sample() { return samples_[below(samples_.size())]; }
  std::string piece_of(const std::string& text);
  void change(std::string& text);

  std::vector<std::string> samples_;
  std::mt19937 random_;
};

}  // namespace fuzz
