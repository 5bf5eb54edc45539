// Checks the files of an account. Only reads, and follows no symbolic link.
#pragma once

#include <functional>
#include <optional>

#include "indexer/doctor.hpp"
#include "indexer/index_walk.hpp"

namespace indexer {

// Adds damaged and missing files to the report, and the number of documents in the stores. Returns
// the index as it was walked, if there is a sound one. `between` is called several times a second
// and may throw. Errors that keep it from looking are no findings and are thrown:
// replica::sqlite::Error for a full disk, a lock, a limit or another format, and std::system_error.
std::optional<WalkedIndex> check_files(const Patient& patient, DoctorReport& report,
                                       const std::function<void()>& between);

// The damaged file in the account's folder that an error reports; nothing when it reports none.
[[nodiscard]] std::optional<Difference> damage_told_by(const replica::sqlite::Error& error,
                                                       const std::filesystem::path& folder);

}  // namespace indexer
