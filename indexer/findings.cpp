#include "indexer/findings.hpp"

#include <utility>

namespace indexer {

std::string_view name_of(DifferenceKind kind) {
  switch (kind) {
    case DifferenceKind::kMissing:
      return "missing";
    case DifferenceKind::kExtra:
      return "extra";
    case DifferenceKind::kDiffers:
      return "differs";
    case DifferenceKind::kDamaged:
      return "damaged";
  }
  return "";
}

std::string_view name_of(Part part) {
  switch (part) {
    case Part::kSource:
      return "source";
    case Part::kStore:
      return "store";
    case Part::kBlobs:
      return "blobs";
    case Part::kExtracts:
      return "extracts";
    case Part::kCatalog:
      return "catalog";
    case Part::kIndex:
      return "index";
  }
  return "";
}

void Findings::add(Difference difference) {
  const auto part = static_cast<std::size_t>(difference.where);
  ++count_;
  ++by_part_[part];
  damaged_[part] = damaged_[part] || difference.kind == DifferenceKind::kDamaged;
  if (named_.size() < kMostNamed) named_.push_back(std::move(difference));
}

bool Findings::is_damaged(Part part) const { return damaged_[static_cast<std::size_t>(part)]; }

}  // namespace indexer
