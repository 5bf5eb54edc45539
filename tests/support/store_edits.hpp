// Changes to a store that no source sends.
#pragma once

#include <initializer_list>
#include <string>

#include "replica/store.hpp"

namespace support {

// Purges documents, as if the source had no leaf of them any more; ids that the store does not have are passed over.
inline replica::CommitSummary purge(replica::Store& store, std::initializer_list<std::string> ids) {
  replica::Batch batch;
  for (const std::string& id : ids) batch.exact.push_back({id, {}});
  return store.commit(batch);
}

}  // namespace support
