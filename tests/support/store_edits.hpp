// Changes to a store that no source sends.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>

#include "replica/sqlite.hpp"
#include "replica/store.hpp"

namespace support {

// Purges documents, as if the source had no leaf of them any more; ids that the store does not have are passed over.
inline replica::CommitSummary purge(replica::Store& store, std::initializer_list<std::string> ids) {
  replica::Batch batch;
  for (const std::string& id : ids) batch.exact.push_back({id, {}});
  return store.commit(batch);
}

// As a later version of the program leaves the file: this one refuses it.
inline void mark_as_newer(const std::filesystem::path& store) {
  replica::sqlite::Connection(store, replica::sqlite::Access::kReadWrite,
                              replica::sqlite::Durability::kNormal)
      .execute("PRAGMA user_version=99");
}

}  // namespace support
