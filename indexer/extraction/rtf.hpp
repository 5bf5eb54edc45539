// RTF (specification 1.9.1) to text.
#pragma once

#include <string_view>

#include "indexer/extraction/text_output.hpp"

namespace indexer {

// The text of the document, its headers, footers and notes. Linear; what is damaged is read as far
// as it goes. Throws std::runtime_error for what does not begin as RTF does.
void read_rtf(std::string_view bytes, TextOutput& out);

}  // namespace indexer
