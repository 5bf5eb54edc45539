// Files by chance: documents as cozy-stack keeps them, put into a database.
#pragma once

#include <map>
#include <string>

#include "tests/oracle/entry.hpp"
#include "tests/oracle/query.hpp"
#include "tests/support/memory_couchdb.hpp"

namespace oracle {

// By the id of each document what is in the file, without `id`.
using FilesByDocument = std::map<std::string, Entry>;

// Puts `count` files into the database, and some documents that are no files to be found: folders, and what is in the trash.
// `now`: seconds since 1970; nothing is younger.
[[nodiscard]] FilesByDocument put_random_files(support::MemoryCouchdb& couch,
                                               const std::string& database, std::size_t count,
                                               std::int64_t now, Random& random);

}  // namespace oracle
