#include "replica/batch_writer.hpp"

#include <string_view>
#include <unordered_map>
#include <utility>

#include "replica/page_plan.hpp"
#include "replica/wanted_blobs.hpp"
#include "replica/workers.hpp"

namespace replica {
namespace {

namespace net = boost::asio;

void note_wanted(Batch& batch, const ReplicatorOptions& options, Dialect dialect) {
  if (!options.wants_bytes) return;
  for (const IncomingRevision& revision : batch.revisions) {
    for (WantedBlob& blob :
         dialect == Dialect::kCozy ? file_of(revision) : attachments_of(revision)) {
      if (options.wants_bytes(blob.content_type, blob.length) &&
          !options.blobs->contains(blob.digest))
        batch.wanted.push_back(std::move(blob));
    }
  }
}

// Whether the winner that the document has once these revisions are in the store passes the filter.
bool keeps_winner(const std::vector<const IncomingRevision*>& revisions, const Store& store,
                  const std::function<bool(std::string_view)>& keep) {
  const std::string& id = revisions.front()->id;
  RevisionTree tree = store.tree(id).value_or(RevisionTree());
  for (const IncomingRevision* revision : revisions)
    tree.graft({revision->rev, revision->ancestors, revision->deleted, 0});
  const Leaf& winner = *tree.winner();
  if (winner.deleted) return true;
  for (const IncomingRevision* revision : revisions) {
    if (revision->rev == winner.rev) return keep(revision->body);
  }
  const auto body = store.body(id, winner.rev);
  return !body || keep(*body);
}

}  // namespace

void apply_filter(Batch& batch, const Store& store,
                  const std::function<bool(std::string_view document)>& keep) {
  std::unordered_map<std::string_view, std::vector<const IncomingRevision*>> documents;
  for (const IncomingRevision& revision : batch.revisions)
    documents[revision.id].push_back(&revision);
  std::unordered_map<std::string, bool> left_out;  // by id; true: `batch.exact` names it
  for (const auto& [id, revisions] : documents) {
    if (!keeps_winner(revisions, store, keep)) left_out[std::string(id)] = false;
  }
  for (RevisionsOfDocument& document : batch.exact) {
    bool is_left_out = left_out.contains(document.id);
    if (!is_left_out && !documents.contains(document.id)) {
      const auto stored = store.read(document.id);
      is_left_out = stored && !stored->change.deleted && !keep(stored->body);
    }
    if (!is_left_out) continue;
    document.revs.clear();
    left_out[document.id] = true;
  }
  std::erase_if(batch.revisions,
                [&](const IncomingRevision& each) { return left_out.contains(each.id); });
  for (const auto& [id, is_exact] : left_out) {
    if (!is_exact) batch.exact.push_back({id, {}});
    batch.released.push_back(id);
  }
}

net::awaitable<void> BatchWriter::commit(Batch batch, PullSummary& summary) {
  auto write = [&context = context_, on_commit = on_commit_, batch = std::move(batch)]() mutable {
    throw_if_stopped(context.options);
    PullSummary committed;
    if (context.options.keep) apply_filter(batch, context.store, context.options.keep);
    note_wanted(batch, context.options, context.dialect);
    const std::size_t changed_documents = context.store.commit(batch).documents;
    committed.quarantined = batch.quarantined.size();
    committed.bytes = bytes_of(batch);
    committed.blobs = batch.arrived.size();
    // A document that moved because its bytes came is no document that came.
    if (batch.arrived.empty()) committed.documents = changed_documents;
    const bool changed = changed_documents + committed.quarantined > 0;
    if (on_commit && changed) on_commit(committed);
    return committed;
  };
  const PullSummary done = co_await run_on(context_.workers, std::move(write));
  summary.documents += done.documents;
  summary.quarantined += done.quarantined;
  summary.blobs += done.blobs;
}

}  // namespace replica
