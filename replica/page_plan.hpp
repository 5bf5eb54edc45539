// What to do with a page of the feed: what comes from the page itself, what has to be fetched, what goes into quarantine.
#pragma once

#include <cstdint>
#include <vector>

#include "replica/couch_client.hpp"
#include "replica/store.hpp"

namespace replica {

// The revisions that the page names, for Store::missing, in the order of their ids; of a document that came twice, as its later
// row has it. Leaves out rows that are of no document, or could not be read.
[[nodiscard]] std::vector<RevisionsOfDocument> revisions_of(const ChangesPage& page);

// True when documents come with the feed at less cost than apart: most rows of the page are complete by them.
[[nodiscard]] bool is_mostly_complete(const ChangesPage& page);

// What is asked for in one request, or few.
struct Fetch {
  std::vector<RevisionsOfDocument> wanted;
  std::vector<RevisionsOfDocument> exact;  // Batch::exact of these documents
};

struct PagePlan {
  // Unreadable rows, in quarantine; and documents that are complete in the page: with one leaf, of generation 1. Of later
  // generations the feed does not tell the ancestry, of conflicts it tells the winner only.
  Batch batch;
  std::vector<Fetch> fetches;
};

// How large a fetch may be, in bytes of documents, and how large a document is taken to be of which the page does not say it.
struct FetchSize {
  std::uint64_t bytes = 0;
  std::uint64_t document_bytes = 0;
};

// `missing`: what of the page the store lacks, in the order of ids, neighbours at the source. Takes the documents out of
// the page.
[[nodiscard]] PagePlan plan_page(ChangesPage& page, std::vector<RevisionsOfDocument> missing,
                                 FetchSize size);
// For a sweep: moves what the source has into `exact`, of each document to where its missing revisions are.
// `all`: revisions_of(page).
void add_exact(PagePlan& plan, std::vector<RevisionsOfDocument> all);

// Files what was fetched: into the batch, or into quarantine.
void add_fetched(Batch& batch, std::vector<FetchedRevision> fetched);

[[nodiscard]] std::uint64_t bytes_of(const Batch& batch);

}  // namespace replica
