// Disk space: the size of files, and whether enough is free for planned work.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace indexer {

// Work was not begun because the disk has too little free space for it.
struct NoRoom : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Bytes of a file, or of all files in a folder; 0 where there is none.
[[nodiscard]] std::uint64_t bytes_of(const std::filesystem::path& path);
// Throws NoRoom when the folder's disk has less than `needed` bytes free. The message begins with
// `what`, the work that needs them.
void require_room(const std::filesystem::path& folder, std::uint64_t needed,
                  const std::string& what);

}  // namespace indexer
