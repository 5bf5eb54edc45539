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

// Gives each a number between those of its neighbours. Their views must be written, their numbers NULL. One that
// finds no gap takes a number of the overflow range.
void give_numbers(Writer& writer, std::vector<Unnumbered> entries);

}  // namespace indexer
