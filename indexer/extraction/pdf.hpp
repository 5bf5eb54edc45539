// The one door to Poppler.
#pragma once

#include <string_view>

#include "indexer/extraction/text_output.hpp"

namespace indexer {

// Title and pages in reading order. Throws std::runtime_error for what is no PDF, or opens with a
// password only. A damaged file gives what can be read of it.
void read_pdf(std::string_view bytes, TextOutput& out);

}  // namespace indexer
