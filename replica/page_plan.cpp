#include "replica/page_plan.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "replica/tuning.hpp"

namespace replica {
namespace {

bool is_design_document(std::string_view id) { return id.starts_with("_design/"); }

bool is_complete(const FeedRow& row) {
  return row.leaves.size() == 1 && row.leaves.front().generation == 1 && !row.document.empty();
}

Quarantined unreadable(const FeedRow& row) {
  Quarantined quarantined;
  quarantined.id = row.id;
  if (!row.leaves.empty()) quarantined.rev = row.leaves.front().to_string();
  quarantined.reason = "its row in the feed " + row.problem;
  return quarantined;
}

IncomingRevision from_feed(FeedRow& row) {
  IncomingRevision revision;
  revision.id = row.id;
  revision.rev = row.leaves.front();
  revision.deleted = row.deleted;
  revision.body = std::move(row.document);
  return revision;
}

}  // namespace

std::vector<RevisionsOfDocument> revisions_of(const ChangesPage& page) {
  std::vector<RevisionsOfDocument> revisions;
  revisions.reserve(page.rows.size());
  for (const FeedRow& row : page.rows) {
    if (row.problem.empty() && !is_design_document(row.id))
      revisions.push_back({row.id, row.leaves});
  }
  return revisions;
}

PagePlan plan_page(ChangesPage& page, std::vector<RevisionsOfDocument> missing) {
  PagePlan plan;
  std::unordered_map<std::string_view, FeedRow*>
      rows;  // of one document that came twice, the later
  for (FeedRow& row : page.rows) {
    if (!row.problem.empty() && !is_design_document(row.id))
      plan.batch.quarantined.push_back(unreadable(row));
    if (row.problem.empty()) rows[row.id] = &row;
  }
  std::uint64_t fetched_bytes = tuning::kBatchBytes;
  for (RevisionsOfDocument& document : missing) {
    FeedRow& row = *rows.at(document.id);
    if (is_complete(row)) {
      plan.batch.revisions.push_back(from_feed(row));
      continue;
    }
    const std::uint64_t bytes =
        row.document_bytes * document.revs.size();  // losers are about as large as the winner
    if (fetched_bytes + bytes > tuning::kBatchBytes ||
        plan.fetches.back().size() >= tuning::kMaxRevisionsPerFetch) {
      plan.fetches.emplace_back();
      fetched_bytes = 0;
    }
    fetched_bytes += bytes;
    plan.fetches.back().push_back(std::move(document));
  }
  return plan;
}

void add_fetched(Batch& batch, std::vector<FetchedRevision> fetched) {
  for (FetchedRevision& each : fetched) {
    if (each.problem.empty()) {
      batch.revisions.push_back(std::move(each.revision));
      continue;
    }
    Quarantined quarantined;
    quarantined.id = std::move(each.revision.id);
    quarantined.rev =
        each.revision.rev.generation == 0 ? std::string() : each.revision.rev.to_string();
    quarantined.reason = std::move(each.problem);
    batch.quarantined.push_back(std::move(quarantined));
  }
}

std::uint64_t bytes_of(const Batch& batch) {
  std::uint64_t bytes = 0;
  for (const IncomingRevision& revision : batch.revisions) bytes += revision.body.size();
  return bytes;
}

}  // namespace replica
