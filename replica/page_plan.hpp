// What to do with a page of the feed: what comes from the page itself, what has to be fetched, what goes into quarantine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "replica/couch_client.hpp"
#include "replica/store.hpp"

namespace replica {

// The revisions that the page names, for Store::missing. Leaves out design documents and rows that could not be read.
[[nodiscard]] std::vector<RevisionsOfDocument> revisions_of(const ChangesPage& page);

struct PagePlan {
  // Unreadable rows, in quarantine; and documents that are complete in the page: with one leaf, of generation 1. Of later
  // generations the feed does not tell the ancestry, of conflicts it tells the winner only.
  Batch batch;
  std::vector<std::vector<RevisionsOfDocument>> fetches;  // each of about kBatchBytes
};

// `missing`: what of the page the store lacks. Takes the documents out of the page.
[[nodiscard]] PagePlan plan_page(ChangesPage& page, std::vector<RevisionsOfDocument> missing);

// Files what was fetched: into the batch, or into quarantine.
void add_fetched(Batch& batch, std::vector<FetchedRevision> fetched);

[[nodiscard]] std::uint64_t bytes_of(const Batch& batch);

}  // namespace replica
