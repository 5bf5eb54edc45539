// davenport.db: what belongs to no account. Its tables are each of their own user: registry.hpp,
// task_table.hpp, tokens.hpp.
#pragma once

#include <exception>
#include <filesystem>
#include <optional>
#include <string>

#include "replica/sqlite.hpp"

namespace api {

// Nothing when `access` forbids to create it and it is not there. Throws replica::sqlite::Error.
[[nodiscard]] std::optional<replica::sqlite::Connection> open_davenport_db(
    const std::filesystem::path& file, replica::sqlite::Access access);

// What to do about davenport.db when the error tells that it is damaged; empty for other errors.
[[nodiscard]] std::string advice_on_damage(const std::exception& error);

}  // namespace api
