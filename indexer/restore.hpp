// Imports an export of davenport: a whole one into an empty account, then later increments in
// order.
//
// Documents keep their revisions. The account remembers in <account>/restored.json which state it
// has. Nothing of an export is applied before all of it was read and its digests are right; when it
// is applied only in part (a crash), the account remembers that too, and importing the same export
// again goes on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "indexer/account.hpp"
#include "indexer/archive.hpp"

namespace indexer {

struct RestoreSummary {
  std::uint64_t documents = 0;  // of the export
  bool was_there = false;  // the account already had this state
};

// Whether the archive is an export. The reader is at its beginning, before and after.
[[nodiscard]] bool is_export(ArchiveReader& archive);

// Applies the export; lists and index are up to date when it returns. `folder` is the account's.
// Throws ExportRefused when the export is damaged or does not go on from the account's state,
// ArchiveError, Cancelled.
RestoreSummary restore(Account& account, const std::filesystem::path& folder,
                       ArchiveReader& archive, Progress& progress);

}  // namespace indexer
