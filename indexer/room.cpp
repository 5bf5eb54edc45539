#include "indexer/room.hpp"

#include <fmt/format.h>

namespace indexer {
namespace fs = std::filesystem;

std::uint64_t bytes_of(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_regular_file(path, ignored)) return fs::file_size(path, ignored);
  std::uint64_t bytes = 0;
  for (auto item = fs::recursive_directory_iterator(path, ignored);
       item != fs::recursive_directory_iterator(); item.increment(ignored)) {
    if (item->is_regular_file(ignored)) bytes += item->file_size(ignored);
  }
  return bytes;
}

void require_room(const fs::path& folder, std::uint64_t needed, const std::string& what) {
  const auto free = fs::space(folder).available;
  if (needed <= free) return;
  constexpr double kMegabyte = 1e6;
  throw NoRoom(fmt::format(
      "{} needs {:.1f} MB beside what is there, and {} has {:.1f} MB free: make room and try again",
      what, static_cast<double>(needed) / kMegabyte, folder.string(),
      static_cast<double>(free) / kMegabyte));
}

}  // namespace indexer
