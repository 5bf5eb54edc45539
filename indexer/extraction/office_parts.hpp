// The XML parts of office packages: which hold text, and what reads each. For office.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/extraction/extract.hpp"
#include "indexer/extraction/text_output.hpp"
#include "indexer/extraction/xml.hpp"

namespace indexer {

// Limit for the text of all parts, before they are put in order. Larger than the limit of a file's
// text, since the first part in order can come last in the package.
inline constexpr std::size_t kMaxPartsBytes = 4 * kMaxExtractBytes;

enum class PartKind : std::uint8_t {
  kNone,
  kProperties,  // of either family
  kOoxmlText,  // of documents, slides, comments, diagrams
  kOoxmlChart,
  kWorkbook,
  kSheet,
  kSharedStrings,
  kOpenDocument,
  kOpenDocumentStyles,  // headers and footers
};

struct OfficePart {
  PartKind kind = PartKind::kNone;
  int rank = 0;  // place among the other parts,
  std::string order;  // and among those of its rank: the name with its numbers in order
};
// By its name in the package.
[[nodiscard]] OfficePart part_of(std::string_view name);

using SharedStrings = std::vector<std::string>;
// Those of a workbook, as far as a bound.
[[nodiscard]] SharedStrings read_shared_strings(const NextPiece& next);

// What writes the text of such a part to `out`; both must live as long as it.
[[nodiscard]] std::unique_ptr<XmlHandler> handler_of(PartKind kind, const SharedStrings& strings,
                                                     TextOutput& out);

}  // namespace indexer
