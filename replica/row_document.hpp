// A document in a row of an answer, and its text without what is not kept of it. Only sources that read answers include it.
#pragma once

#include <string>
#include <string_view>

#include "replica/row_scanner.hpp"

namespace replica {

// A document in its row, and its member `_revisions` with the comma beside it.
struct DocumentSpan {
  std::string_view document;
  std::string_view left_out;  // empty when there is nothing to leave out
};

// The document's text. A large one takes the row's own memory; nothing else of the row can be read then.
[[nodiscard]] std::string take_text(const RowScanner::Row& row, const DocumentSpan& span);

}  // namespace replica
