// Files that survive a power cut, beside those of replica/files.hpp. Throws
// std::filesystem::filesystem_error.
#pragma once

#include <filesystem>
#include <string_view>

namespace indexer {

// Gives the file this content at once: after a kill or a power cut it has the old content or the
// new one. Writes `<file>.new` meanwhile.
void replace_file(const std::filesystem::path& file, std::string_view bytes);
// The files of a folder, and their names, are on disk when it returns.
void sync_files(const std::filesystem::path& folder);

}  // namespace indexer
