// Are an account's files sound? Reads them, opens nothing for writing, follows no symbolic link.
#pragma once

#include <functional>
#include <optional>

#include "indexer/doctor.hpp"
#include "indexer/index_walk.hpp"

namespace indexer {

// Adds what is damaged or missing to the report, and how many documents the stores have. The index as it was walked, where
// there is a sound one. `between` is called several times a second, and may throw.
std::optional<WalkedIndex> check_files(const Patient& patient, DoctorReport& report,
                                       const std::function<void()>& between);

}  // namespace indexer
