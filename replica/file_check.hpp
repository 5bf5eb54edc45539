// Checks files for damage. Reads only, except for set_blob_aside; others may write meanwhile.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace replica {

// What SQLite finds wrong with a file (PRAGMA integrity_check), in its words, the first of them: none when it is sound. That it
// is no database, or tells no format, is a problem too. Throws sqlite::Error where it cannot be looked at: no room, a lock.
[[nodiscard]] std::vector<std::string> problems_of(const std::filesystem::path& database);

// Is told the digest of a blob, the file that it is in, and what is wrong with it.
using TellDamage = std::function<void(const std::string& digest, const std::filesystem::path& file,
                                      const std::string& reason)>;

// Read every blob, in the folder's packed file and in files of their own, and compare its bytes with the digest that names it.
// `between` is called now and then, and may throw. Symbolic links are not followed. Throw sqlite::Error, and
// std::filesystem::filesystem_error.
void check_packed_blobs(const std::filesystem::path& folder, const TellDamage& damaged,
                        const std::function<void()>& between);
void check_blob_files(const std::filesystem::path& folder, const TellDamage& damaged,
                      const std::function<void()>& between);

// Takes a blob whose bytes are not what its digest names out of the way, so that it can come again: what was there is kept in
// a file whose name ends with `suffix`. `file` is as it was told. Nothing happens where it is not there any more.
void set_blob_aside(const std::filesystem::path& file, const std::string& digest,
                    const std::string& suffix);

}  // namespace replica
