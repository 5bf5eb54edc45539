// Checks the files of an account. Only reads them, and follows no symbolic link.
#pragma once

#include <optional>

#include "indexer/doctor.hpp"
#include "indexer/index_walk.hpp"

namespace indexer {

// Adds damaged and missing files to the report, and the number of documents in the stores. Returns
// what the text index holds, if there is one. Throws Cancelled, and errors that keep it from
// looking, which are no findings: replica::sqlite::Error for a full disk, a lock, a limit or
// another format, and std::system_error.
std::optional<WalkedIndex> check_files(const DoctorTarget& target, DoctorReport& report,
                                       const Progress& progress);

// The damaged file in the account's folder that an error reports; nothing when it reports none.
[[nodiscard]] std::optional<Difference> damage_reported_by(const replica::sqlite::Error& error,
                                                           const std::filesystem::path& folder);

}  // namespace indexer
