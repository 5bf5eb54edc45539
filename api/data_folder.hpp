// Where things are in the data folder. ARCHITECTURE.md ("On disk") lists all of it.
#pragma once

#include <filesystem>
#include <string_view>

namespace api {

// What belongs to no account: see davenport_db.hpp.
[[nodiscard]] inline std::filesystem::path davenport_db_file(
    const std::filesystem::path& data_dir) {
  return data_dir / "davenport.db";
}

// The socket on which a running server takes commands.
[[nodiscard]] inline std::filesystem::path admin_socket(const std::filesystem::path& data_dir) {
  return data_dir / "admin.sock";
}

// The folder that has a folder for each account.
[[nodiscard]] inline std::filesystem::path accounts_folder(const std::filesystem::path& data_dir) {
  return data_dir / "accounts";
}

[[nodiscard]] inline std::filesystem::path account_folder(const std::filesystem::path& data_dir,
                                                          std::string_view account) {
  return accounts_folder(data_dir) / account;
}

}  // namespace api
