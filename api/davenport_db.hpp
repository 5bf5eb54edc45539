// The file <data_dir>/davenport.db: its format is known here, whoever keeps a table in it.
#pragma once

#include <filesystem>

#include "replica/sqlite.hpp"

namespace api {

// Opens the file with the tables of data/schema/davenport.sql; kReadWrite creates it. One of the format before is upgraded
// by who writes, and read as if it were. Throws replica::sqlite::Error.
[[nodiscard]] replica::sqlite::Connection open_davenport_db(const std::filesystem::path& file,
                                                            replica::sqlite::Access access);

}  // namespace api
