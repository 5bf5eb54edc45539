// davenport.db: what belongs to no account. Its tables are each of their own user: registry.hpp,
// task_table.hpp, tokens.hpp.
#pragma once

#include <filesystem>
#include <optional>

#include "replica/sqlite.hpp"

namespace api {

// Nothing when `access` forbids to create it and it is not there. Throws replica::sqlite::Error.
[[nodiscard]] std::optional<replica::sqlite::Connection> open_davenport_db(
    const std::filesystem::path& file, replica::sqlite::Access access);

}  // namespace api
