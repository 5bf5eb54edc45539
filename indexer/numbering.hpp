// Numbers of entries in the text index: they fall as the date rises, with gaps, so that newest first is their order.
#pragma once

#include <cstdint>
#include <vector>

#include "indexer/view_batch.hpp"

namespace indexer {

struct Unnumbered {
  OrderKey place;
  Kind kind = Kind::kMail;
  std::int64_t entry = 0;
};

// Gives each a number between those of its neighbours. Their views must be written, their numbers NULL. True when one
// found no gap and took a number of the overflow range.
[[nodiscard]] bool give_numbers(Writer& writer, std::vector<Unnumbered> entries);

}  // namespace indexer
