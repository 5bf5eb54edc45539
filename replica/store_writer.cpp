#include "replica/store_writer.hpp"

#include <algorithm>
#include <stdexcept>
#include <unordered_set>
#include <utility>
#include <vector>

#include "embedded/store_sql.hpp"
#include "replica/store_reader.hpp"

namespace replica {

namespace {

sqlite::Connection open(const std::filesystem::path& file) {
  sqlite::Connection connection(file, sqlite::Access::kReadWrite, sqlite::Durability::kFull);
  sqlite::open_schema(connection, sqlite::Access::kReadWrite, kStoreFormat, embedded::store_sql);
  return connection;
}

// The revisions of a document stand together, so that it moves in the feed once; and neighbours in
// the index of ids are written together: each of its pages is fetched and written once a batch,
// however small the cache.
std::vector<const IncomingRevision*> by_document(const Batch& batch) {
  std::vector<const IncomingRevision*> revisions;
  revisions.reserve(batch.revisions.size());
  for (const auto& revision : batch.revisions) revisions.push_back(&revision);
  std::stable_sort(
      revisions.begin(), revisions.end(),
      [](const IncomingRevision* a, const IncomingRevision* b) { return a->id < b->id; });
  return revisions;
}

std::span<const std::byte> as_blob(std::string_view bytes) {
  return std::as_bytes(std::span(bytes));
}

}  // namespace

StoreWriter::StoreWriter(const std::filesystem::path& file)
    : connection_(open(file)),
      last_seq_(connection_.prepare("SELECT max(seq) FROM documents")),
      find_(connection_.prepare("SELECT seq, deleted, leaves FROM documents WHERE id=?")),
      insert_(connection_.prepare(
          "INSERT INTO documents (seq, id, rev, deleted, purged, conflicts, arrived, body, "
          "leaves) VALUES (?,?,?,?,0,?,?,?,?)")),
      update_(connection_.prepare(
          "UPDATE documents SET seq=?, rev=?, deleted=?, purged=0, conflicts=?, body=?, "
          "leaves=? WHERE seq=?")),
      purge_(connection_.prepare(
          "UPDATE documents SET seq=?, rev='', deleted=1, purged=1, conflicts=0, body=0, "
          "leaves='' WHERE seq=?")),
      insert_body_(connection_.prepare("INSERT INTO bodies (size, data) VALUES (?,?)")),
      update_body_(connection_.prepare("UPDATE bodies SET size=?, data=? WHERE id=?")),
      delete_body_(connection_.prepare("DELETE FROM bodies WHERE id=?")),
      set_meta_(connection_.prepare("UPDATE meta SET value=? WHERE key=?")),
      count_(connection_.prepare("UPDATE meta SET value=value+? WHERE key=?")),
      is_quarantined_(connection_.prepare("SELECT 1 FROM quarantine LIMIT 1")),
      quarantine_(connection_.prepare("INSERT INTO quarantine VALUES (?,?,?,?,1) ON CONFLICT(id) "
                                      "DO UPDATE SET rev=excluded.rev, "
                                      "reason=excluded.reason, attempts=attempts+1")),
      release_(connection_.prepare("DELETE FROM quarantine WHERE id=?")) {}

CommitSummary StoreWriter::commit(const Batch& batch) {
  sqlite::Transaction transaction(connection_);
  Progress progress = begin();
  CommitSummary summary;
  const auto revisions = by_document(batch);
  for (std::size_t first = 0, end = 0; first < revisions.size(); first = end) {
    for (end = first + 1; end < revisions.size() && revisions[end]->id == revisions[first]->id;)
      ++end;
    if (take(std::span(revisions).subspan(first, end - first), progress)) ++summary.documents;
  }
  update_quarantine(batch, progress.now);
  if (batch.checkpoint) {
    set_meta("since", batch.checkpoint->since.json);
    set_meta("incarnation", batch.checkpoint->incarnation);
  }
  finish(progress);
  transaction.commit();
  summary.last_seq = {progress.seq};
  return summary;
}

LocalSeq StoreWriter::purge(std::span<const std::string> ids) {
  sqlite::Transaction transaction(connection_);
  Progress progress = begin();
  for (const auto& id : ids) {
    release_.bind(id).run();
    const Row row = find(id);
    if (row.tree.leaves().empty()) continue;
    for (const auto& leaf : row.tree.leaves()) delete_body_.bind(leaf.body).run();
    purge_.bind(++progress.seq, row.seq).run();
    if (!row.deleted) {
      --progress.documents;
      ++progress.deleted;
    }
  }
  finish(progress);
  transaction.commit();
  return {progress.seq};
}

StoreWriter::Progress StoreWriter::begin() {
  Progress progress;
  const sqlite::ResetAtEnd reset(last_seq_);
  if (last_seq_.bind().step()) progress.seq = last_seq_.integer(0);
  progress.now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return progress;
}

void StoreWriter::finish(const Progress& progress) {
  if (progress.documents != 0) count_.bind(progress.documents, "documents").run();
  if (progress.deleted != 0) count_.bind(progress.deleted, "deleted").run();
}

StoreWriter::Row StoreWriter::find(std::string_view id) {
  const sqlite::ResetAtEnd reset(find_);
  if (!find_.bind(id).step()) return {};
  try {
    return {find_.integer(0), find_.integer(1) != 0, RevisionTree::decode(find_.text(2))};
  } catch (const std::invalid_argument& e) {
    throw sqlite::damaged(connection_.file(), e.what());
  }
}

bool StoreWriter::take(std::span<const IncomingRevision* const> revisions, Progress& progress) {
  const auto& id = revisions.front()->id;
  const Row before = find(id);
  RevisionTree tree = before.tree;
  for (const auto* revision : revisions) {
    // A new body takes the place of the one that it succeeds.
    auto grafted = tree.graft({revision->rev, revision->ancestors, revision->deleted, 0});
    std::int64_t overwritten = 0;
    if (grafted.added && !grafted.replaced.empty()) {
      overwritten = grafted.replaced.back();
      grafted.replaced.pop_back();
    }
    for (const auto body : grafted.replaced) delete_body_.bind(body).run();
    if (grafted.added) tree.set_body(revision->rev, write_body(revision->body, overwritten));
  }
  if (tree == before.tree) return false;
  write_row(id, before, tree, progress);
  return true;
}

std::int64_t StoreWriter::write_body(std::string_view body, std::int64_t replaced) {
  const auto size = static_cast<std::int64_t>(body.size());
  const auto data = as_blob(compressor_.pack(body));
  if (replaced != 0) {
    update_body_.bind(size, data, replaced).run();
    return replaced;
  }
  insert_body_.bind(size, data).run();
  return connection_.last_insert_rowid();
}

void StoreWriter::write_row(std::string_view id, const Row& before, const RevisionTree& tree,
                            Progress& progress) {
  const Leaf& winner = *tree.winner();
  const auto rev = winner.rev.to_string();
  const auto leaves = tree.encode();
  const std::int64_t seq = ++progress.seq;
  if (before.seq == 0) {
    insert_
        .bind(seq, id, rev, winner.deleted, tree.conflicts(),
              progress.now.time_since_epoch().count(), winner.body, leaves)
        .run();
  } else {
    update_.bind(seq, rev, winner.deleted, tree.conflicts(), winner.body, leaves, before.seq).run();
    --(before.deleted ? progress.deleted : progress.documents);
  }
  ++(winner.deleted ? progress.deleted : progress.documents);
}

void StoreWriter::update_quarantine(const Batch& batch, std::chrono::sys_seconds now) {
  bool any = false;
  {
    const sqlite::ResetAtEnd reset(is_quarantined_);
    any = is_quarantined_.bind().step();
  }
  if (any) {
    // A document of which one revision arrived and another failed stays, with the time of its first
    // failure.
    std::unordered_set<std::string_view> failed;
    for (const auto& row : batch.quarantined) failed.insert(row.id);
    const auto release = [this, &failed](std::string_view id) {
      if (!failed.contains(id)) release_.bind(id).run();
    };
    for (const auto& revision : batch.revisions) release(revision.id);
    for (const auto& id : batch.released) release(id);
  }
  for (const auto& row : batch.quarantined) {
    quarantine_.bind(row.id, row.rev, row.reason, now.time_since_epoch().count()).run();
  }
}

void StoreWriter::set_meta(std::string_view key, std::string_view value) {
  set_meta_.bind(value, key).run();
}

}  // namespace replica
