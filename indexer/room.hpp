// Room on the disk: what files take, and whether there is enough for what is to come.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace indexer {

// Work was not begun, since the disk has too little room for it.
struct NoRoom : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Bytes of a file, or of all files in a folder; 0 where there is none.
[[nodiscard]] std::uint64_t bytes_of(const std::filesystem::path& path);
// Throws NoRoom where the disk of that folder has less than `needed` bytes free. `what` begins the message: what needs them.
void require_room(const std::filesystem::path& folder, std::uint64_t needed,
                  const std::string& what);

}  // namespace indexer
