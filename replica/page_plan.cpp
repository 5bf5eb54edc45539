#include "replica/page_plan.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "replica/tuning.hpp"

namespace replica {
namespace {

bool has_first_generation_only(const FeedRow& row) {
  return row.leaves.size() == 1 && row.leaves.front().generation == 1;
}

bool is_complete(const FeedRow& row) {
  return has_first_generation_only(row) && !row.document.empty();
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
  std::vector<const FeedRow*> rows;
  rows.reserve(page.rows.size());
  for (const FeedRow& row : page.rows) {
    if (names_revisions(row)) rows.push_back(&row);
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const FeedRow* a, const FeedRow* b) { return a->id < b->id; });
  std::vector<RevisionsOfDocument> revisions;
  revisions.reserve(rows.size());
  for (const FeedRow* row : rows) {
    if (revisions.empty() || revisions.back().id != row->id) {
      revisions.push_back({row->id, row->leaves});
    } else {
      revisions.back().revs = row->leaves;
    }
  }
  return revisions;
}

bool is_mostly_complete(const ChangesPage& page) {
  std::size_t complete = 0;
  for (const FeedRow& row : page.rows) {
    if (has_first_generation_only(row)) ++complete;
  }
  return 2 * complete >= page.rows.size();
}

PagePlan plan_page(ChangesPage& page, std::vector<RevisionsOfDocument> missing, FetchSize size) {
  PagePlan plan;
  std::unordered_map<std::string_view, FeedRow*> rows;  // by id; the later of two
  rows.reserve(page.rows.size());
  for (FeedRow& row : page.rows) {
    if (!row.problem.empty() && !is_reserved_id(row.id))
      plan.batch.quarantined.push_back(unreadable(row));
    if (names_revisions(row)) rows[row.id] = &row;
  }
  std::uint64_t fetch_bytes = 0;
  std::size_t revisions = 0;
  for (RevisionsOfDocument& document : missing) {
    FeedRow& row = *rows.at(document.id);
    if (is_complete(row)) {
      plan.batch.revisions.push_back(from_feed(row));
      continue;
    }
    // Losers are about as large as the winner.
    const std::uint64_t bytes =
        (row.document_bytes > 0 ? row.document_bytes : size.document_bytes) * document.revs.size();
    const bool is_full = plan.fetches.empty() || fetch_bytes + bytes > size.bytes ||
                         revisions + document.revs.size() > tuning::kMaxRevisionsPerFetch;
    if (is_full) {
      plan.fetches.emplace_back();
      fetch_bytes = revisions = 0;
    }
    fetch_bytes += bytes;
    revisions += document.revs.size();
    plan.fetches.back().wanted.push_back(std::move(document));
  }
  return plan;
}

void add_exact(PagePlan& plan, std::vector<RevisionsOfDocument> all) {
  std::unordered_map<std::string_view, Fetch*> fetched;
  for (Fetch& fetch : plan.fetches) {
    for (const RevisionsOfDocument& document : fetch.wanted) fetched[document.id] = &fetch;
  }
  for (RevisionsOfDocument& document : all) {
    const auto found = fetched.find(document.id);
    auto& exact = found == fetched.end() ? plan.batch.exact : found->second->exact;
    exact.push_back(std::move(document));
  }
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
