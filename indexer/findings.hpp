// What the doctor found: differences, each with its document and the part of the account. All are
// counted, only the first are named.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace indexer {

enum class DifferenceKind {
  kMissing,  // it should be there
  kExtra,  // it should not be there
  kDiffers,
  kDamaged,  // a file was changed or damaged on disk
};
[[nodiscard]] std::string_view name_of(DifferenceKind kind);

// Parts of an account that differences are found in.
enum class AccountPart { kSource, kStore, kBlobs, kExtracts, kCatalog, kIndex };
[[nodiscard]] std::string_view name_of(AccountPart part);

struct Difference {
  DifferenceKind kind = DifferenceKind::kDiffers;
  std::string doc_id;  // empty: it is no matter of one document
  AccountPart where = AccountPart::kStore;
  std::string detail;  // what differs, in words
  // The damaged file, relative to the account's folder; empty: it is no matter of one file.
  std::string file = {};
  std::string digest = {};  // of the damaged blob; empty: it is none
};

class Findings {
 public:
  // At most so many differences are named; further ones are only counted.
  static constexpr std::size_t kMostNamed = 1'000;

  void add(Difference difference);
  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] std::int64_t count(AccountPart part) const {
    return by_part_[static_cast<std::size_t>(part)];
  }
  [[nodiscard]] bool is_damaged(AccountPart part) const;
  [[nodiscard]] const std::vector<Difference>& named() const { return named_; }

 private:
  std::vector<Difference> named_;
  std::int64_t count_ = 0;
  std::int64_t by_part_[6] = {};
  bool damaged_[6] = {};
};

}  // namespace indexer
