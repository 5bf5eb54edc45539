// What went wrong, in words that a person can act on. Internal to replica/sqlite*.cpp.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "replica/sqlite.hpp"

namespace replica::sqlite {

// The message of an error. `code` is SQLite's, `system_error` an errno or 0, `detail` SQLite's own words.
[[nodiscard]] std::string explain(int code, int system_error, std::string_view file,
                                  std::string_view detail);

// Throws the Error that SQLite has just returned as `code`.
[[noreturn]] void fail(sqlite3* database, int code, std::string_view file);
[[noreturn]] void fail(sqlite3_stmt* statement, int code);

// False sets errno.
[[nodiscard]] bool is_writable(const std::filesystem::path& folder);

}  // namespace replica::sqlite
