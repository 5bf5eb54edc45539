// Files and folders that survive a power cut. Throws std::filesystem::filesystem_error.
#pragma once

#include <filesystem>
#include <string_view>

namespace replica {

// The folder and those above it, each named durably in its parent.
void create_folders(const std::filesystem::path& folder);
// Makes the names in a folder durable.
void sync_folder(const std::filesystem::path& folder);
// Durable content under a name that is not durable yet: sync_folder follows. What was under that
// name is gone.
void write_and_sync(const std::filesystem::path& file, std::string_view bytes);

}  // namespace replica
