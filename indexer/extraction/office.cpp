#include "indexer/extraction/office.hpp"

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "indexer/extraction/office_parts.hpp"
#include "indexer/extraction/package.hpp"

namespace indexer {
namespace {

// Texts of the parts in reading order, which need not be that of the package.
using Texts = std::map<std::pair<int, std::string>, std::string>;

SharedStrings shared_strings_of(std::string_view package) {
  SharedStrings strings;
  for_each_file(package, [&](std::string_view name, const NextPiece& next) {
    if (part_of(name).kind != PartKind::kSharedStrings) return true;
    strings = read_shared_strings(next);
    return false;
  });
  return strings;
}

}  // namespace

void read_office(std::string_view package, TextOutput& out) {
  const auto strings = shared_strings_of(package);
  Texts texts;
  std::size_t bytes = 0;
  for_each_file(package, [&](std::string_view name, const NextPiece& next) {
    const auto part = part_of(name);
    if (part.kind == PartKind::kNone || part.kind == PartKind::kSharedStrings) return true;
    TextOutput text(kMaxPartsBytes - bytes);
    const auto handler = handler_of(part.kind, strings, text);
    read_xml(next, *handler);
    bytes += text.size();
    texts[{part.rank, part.order}] = text.take();
    return bytes < kMaxPartsBytes;
  });
  if (texts.empty()) throw std::runtime_error("its zip package holds no document");
  for (const auto& [place, text] : texts) {
    out.add(text);
    out.separate('\n');
  }
}

}  // namespace indexer
