// Numbers of entries in the text index: newer entries have smaller numbers, with gaps for later
// ones, so that ascending numbers mean newest first.
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

// Gives each entry a number between those of its neighbours, or one of the overflow range when
// there is no gap. The entries must be in `listing`, and their numbers NULL.
void give_numbers(Writer& writer, std::vector<Unnumbered> entries);

}  // namespace indexer
