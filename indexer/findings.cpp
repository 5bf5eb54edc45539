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

std::string_view name_of(AccountPart part) {
  switch (part) {
    case AccountPart::kSource:
      return "source";
    case AccountPart::kStore:
      return "store";
    case AccountPart::kBlobs:
      return "blobs";
    case AccountPart::kExtracts:
      return "extracts";
    case AccountPart::kCatalog:
      return "catalog";
    case AccountPart::kIndex:
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

bool Findings::is_damaged(AccountPart part) const {
  return damaged_[static_cast<std::size_t>(part)];
}

}  // namespace indexer
