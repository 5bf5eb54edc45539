// Are files as they were written? Reads only, and others may write meanwhile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace replica {

// What SQLite finds wrong with a file (PRAGMA integrity_check), in its words, the first of them: none when it is sound. That it
// cannot be read at all, or has no tables, is a problem too.
[[nodiscard]] std::vector<std::string> problems_of(const std::filesystem::path& database);

// Reads every blob in the folder and compares its bytes with the digest that names it. `damaged` is told the digest, the file
// that it is in, and what is wrong; `between` is called now and then, and may throw. Symbolic links are not followed. Returns
// the number of blobs. The packed file must be sound.
std::int64_t check_blobs(
    const std::filesystem::path& folder,
    const std::function<void(const std::string& digest, const std::filesystem::path& file,
                             const std::string& reason)>& damaged,
    const std::function<void()>& between);

// Takes a blob whose bytes are not what its digest names out of the way, so that it can come again: what was there is kept in
// a file whose name ends with `suffix`. `file` is as check_blobs tells it. Nothing happens where it is not there any more.
void set_blob_aside(const std::filesystem::path& file, const std::string& digest,
                    const std::string& suffix);

}  // namespace replica
