// Are an account's files sound? Reads them, opens nothing for writing, follows no symbolic link.
#pragma once

#include <functional>
#include <optional>

#include "indexer/doctor.hpp"
#include "indexer/index_walk.hpp"

namespace indexer {

// Adds what is damaged or missing to the report, and how many documents the stores have. The index as it was walked, where
// there is a sound one. `between` is called several times a second, and may throw. Throws what keeps it from looking, which is no
// finding: replica::sqlite::Error of a full disk, a lock, a limit, another format, and std::system_error.
std::optional<WalkedIndex> check_files(const Patient& patient, DoctorReport& report,
                                       const std::function<void()>& between);

// The damage to a file in the account's folder that an error tells of; nothing where it tells of none.
[[nodiscard]] std::optional<Difference> damage_told_by(const replica::sqlite::Error& error,
                                                       const std::filesystem::path& folder);

}  // namespace indexer
