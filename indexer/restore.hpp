// Takes over another davenport's export: a whole one into an empty account, then what was exported since, in order.
//
// Documents keep their revisions. The account remembers in <account>/restored.json which state it has. Nothing of an export
// is applied before all of it was read and its digests are right; when it is applied only in part (a crash), the account
// remembers that too, and importing the same export again goes on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "indexer/account.hpp"
#include "indexer/archive.hpp"

namespace indexer {

struct RestoreSummary {
  std::uint64_t documents = 0;  // of the export
  bool was_there = false;  // the account had this state already
};

// Whether the archive is an export. The reader stands at its beginning, before and after.
[[nodiscard]] bool is_export(ArchiveReader& archive);

// Applies it; lists and index are up to date when it returns. `folder` is the account's. Throws ExportRefused when it does
// not go on from what the account has or is damaged, ArchiveError, Cancelled.
RestoreSummary restore(Account& account, const std::filesystem::path& folder,
                       ArchiveReader& archive, Progress& progress);

}  // namespace indexer
