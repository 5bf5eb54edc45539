// Text of OOXML (docx, xlsx, pptx) and OpenDocument (odt, ods, odp) packages.
#pragma once

#include <string_view>

#include "indexer/extraction/text_output.hpp"

namespace indexer {

// Title, subject and keywords; then the text, sheets row by row, slides in their order with their
// notes; headers, footers, notes, comments and charts. Throws std::runtime_error for a package that
// is no document, or is encrypted.
void read_office(std::string_view package, TextOutput& out);

}  // namespace indexer
