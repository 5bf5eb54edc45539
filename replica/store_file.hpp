// The SQLite file of one store: its format, and how it is opened.
#pragma once

#include <filesystem>

#include "replica/sqlite.hpp"

namespace replica {

// Who writes makes or upgrades the file; who reads sees one of the format before as if it were upgraded.
[[nodiscard]] sqlite::Connection open_store(const std::filesystem::path& file,
                                            sqlite::Access access);

}  // namespace replica
