#include "replica/store_writer.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "replica/digest.hpp"
#include "replica/store_file.hpp"

namespace replica {

namespace {

// Rows of documents that a sweep purges are read so many at a time.
constexpr int kPurgedAtOnce = 500;

std::span<const std::byte> as_blob(std::string_view bytes) {
  return std::as_bytes(std::span(bytes));
}

}  // namespace

StoreWriter::StoreWriter(const std::filesystem::path& file)
    : connection_(open_store(file, sqlite::Access::kReadWrite)),
      state_(connection_.prepare(
          "SELECT (SELECT max(seq) FROM documents), EXISTS (SELECT 1 FROM quarantine), "
          "EXISTS (SELECT 1 FROM wanted), (SELECT value FROM meta WHERE key='sweeping')")),
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
      insert_body_(connection_.prepare("INSERT INTO bodies (size, data, crc) VALUES (?,?,?)")),
      update_body_(connection_.prepare("UPDATE bodies SET size=?, data=?, crc=? WHERE id=?")),
      delete_body_(connection_.prepare("DELETE FROM bodies WHERE id=?")),
      set_meta_(connection_.prepare("UPDATE meta SET value=? WHERE key=?")),
      count_(connection_.prepare("UPDATE meta SET value=value+? WHERE key=?")),
      quarantine_attempts_(connection_.prepare("SELECT attempts FROM quarantine WHERE id=?")),
      quarantine_(connection_.prepare(
          "INSERT INTO quarantine (id, rev, reason, since, attempts, next_attempt) "
          "VALUES (?,?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET rev=excluded.rev, "
          "reason=excluded.reason, attempts=excluded.attempts, "
          "next_attempt=iif(next_attempt=? AND rev=excluded.rev, next_attempt, "
          "excluded.next_attempt)")),
      release_(connection_.prepare("DELETE FROM quarantine WHERE id=?")),
      want_(connection_.prepare("INSERT OR IGNORE INTO wanted VALUES (?,?,?,?,?,?,0,'',0,0)")),
      wanted_attempts_(connection_.prepare("SELECT max(attempts) FROM wanted WHERE digest=?")),
      fail_wanted_(connection_.prepare(
          "UPDATE wanted SET attempts=?, reason=?, since=iif(since=0, ?, since), "
          "next_attempt=iif(next_attempt=?, next_attempt, ?) WHERE digest=?")),
      arrive_(connection_.prepare("DELETE FROM wanted WHERE digest=? RETURNING id")),
      wanted_of_(connection_.prepare("SELECT digest, rev FROM wanted WHERE id=?")),
      drop_wanted_(connection_.prepare("DELETE FROM wanted WHERE digest=? AND id=?")),
      meet_(connection_.prepare("DELETE FROM unmet WHERE seq=? RETURNING seq")),
      carry_unmet_(connection_.prepare("UPDATE unmet SET seq=? WHERE seq=?")),
      unmet_(connection_.prepare("SELECT d.id FROM unmet u JOIN documents d ON d.seq=u.seq "
                                 "ORDER BY u.seq LIMIT ?")) {}

CommitSummary StoreWriter::commit(const Batch& batch, const Arrivals& arrivals) {
  sqlite::Transaction transaction(connection_);
  Progress progress = begin();
  progress.arrivals = &arrivals;
  progress.is_refreshed = batch.is_refreshed;
  const auto moved = mark_arrived(batch.arrived);
  const auto steps = steps_by_document(batch, moved);
  for (std::size_t first = 0, end = 0; first < steps.size(); first = end) {
    for (end = first + 1; end < steps.size() && steps[end].id == steps[first].id;) ++end;
    apply(std::span(steps).subspan(first, end - first), progress);
  }
  update_quarantine(batch, progress);
  update_wanted(batch, progress);
  if (batch.ends_sweep && progress.is_sweeping) end_sweep(progress);
  if (batch.checkpoint) set_checkpoint(*batch.checkpoint);
  finish(progress);
  transaction.commit();
  return {progress.changed, {progress.seq}};
}

void StoreWriter::begin_sweep() {
  sqlite::Transaction transaction(connection_);
  connection_.execute(
      "DELETE FROM unmet; INSERT INTO unmet SELECT seq FROM documents WHERE purged=0 ORDER BY seq");
  set_meta("since", "");
  set_meta_.bind(1, "sweeping").run();
  transaction.commit();
}

void StoreWriter::end_sweep(Progress& progress) {
  std::vector<std::string> ids;
  do {
    ids.clear();
    {
      const sqlite::ResetAtEnd reset(unmet_);
      for (unmet_.bind(kPurgedAtOnce); unmet_.step();) ids.emplace_back(unmet_.text(0));
    }
    for (const auto& id : ids) write_purged(id, find(id), progress);
  } while (!ids.empty());
  set_meta_.bind(0, "sweeping").run();
}

void StoreWriter::set_replication_log(std::string_view json) {
  sqlite::Transaction transaction(connection_);
  set_meta("replication_log", json);
  transaction.commit();
}

void StoreWriter::renew_epoch() {
  sqlite::Transaction transaction(connection_);
  connection_.execute("UPDATE meta SET value=lower(hex(randomblob(16))) WHERE key='epoch'");
  transaction.commit();
}

StoreWriter::Progress StoreWriter::begin() {
  Progress progress;
  progress.now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const sqlite::ResetAtEnd reset(state_);
  if (state_.bind().step()) {
    progress.seq = state_.integer(0);
    progress.has_quarantined = state_.integer(1) != 0;
    progress.has_wanted = state_.integer(2) != 0;
    progress.is_sweeping = state_.integer(3) != 0;
  }
  return progress;
}

std::chrono::sys_seconds StoreWriter::arrival_of(std::string_view id, const Progress& progress) {
  if (progress.arrivals == nullptr) return progress.now;
  const auto known = progress.arrivals->find(id);
  return known == progress.arrivals->end() ? progress.now : known->second;
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

// The steps of a document stand together, so that it moves in the feed once; and neighbours in
// the index of ids are written together: each of its pages is fetched and written once a batch,
// however small the cache.
std::vector<StoreWriter::Step> StoreWriter::steps_by_document(const Batch& batch,
                                                              std::span<const std::string> moved) {
  std::vector<Step> steps;
  steps.reserve(batch.exact.size() + batch.revisions.size() + batch.quarantined.size() +
                moved.size());
  for (const auto& row : batch.exact) steps.push_back({row.id, &row, nullptr, false});
  for (const auto& revision : batch.revisions)
    steps.push_back({revision.id, nullptr, &revision, false});
  for (const auto& row : batch.quarantined) steps.push_back({row.id, nullptr, nullptr, true});
  for (const auto& id : moved) steps.push_back({id, nullptr, nullptr, false});
  std::stable_sort(steps.begin(), steps.end(),
                   [](const Step& a, const Step& b) { return a.id < b.id; });
  return steps;
}

void StoreWriter::apply(std::span<const Step> steps, Progress& progress) {
  const auto id = steps.front().id;
  const Row before = find(id);
  RevisionTree tree = before.tree;
  bool is_met = false, moves = false;
  for (const Step& step : steps) {
    const bool names_source = step.exact != nullptr || step.is_quarantined;
    is_met = is_met || names_source;
    moves = moves || (step.revision == nullptr && !names_source);
  }
  const bool is_met_again = is_met && progress.is_sweeping && !meet(before.seq);
  drop_other_leaves(steps, is_met_again && !progress.is_refreshed, tree);
  for (const Step& step : steps) {
    if (step.revision != nullptr) graft(*step.revision, tree);
  }
  if (tree.leaves().empty()) {
    if (!before.tree.leaves().empty()) write_purged(id, before, progress);
  } else if (moves || tree != before.tree) {
    write_row(id, before, tree, progress);
  }
}

bool StoreWriter::meet(std::int64_t seq) {
  const sqlite::ResetAtEnd reset(meet_);
  return meet_.bind(seq).step();
}

// Drops the leaves that the source does not have any more. A cluster's feed may name a document twice, the second time by a
// node that lags behind: then a row drops no leaf that an earlier row of the sweep may have named.
void StoreWriter::drop_other_leaves(std::span<const Step> steps, bool may_be_stale,
                                    RevisionTree& tree) {
  std::vector<RevId> named;
  bool is_exact = false;
  for (const Step& step : steps) {
    if (step.is_quarantined) return;
    if (step.exact == nullptr) continue;
    is_exact = true;
    named.insert(named.end(), step.exact->revs.begin(), step.exact->revs.end());
  }
  if (!is_exact || (may_be_stale && !named.empty())) return;
  for (const auto body : tree.keep_only(named)) delete_body_.bind(body).run();
}

void StoreWriter::graft(const IncomingRevision& revision, RevisionTree& tree) {
  auto grafted = tree.graft({revision.rev, revision.ancestors, revision.deleted, 0});
  // A new body takes the place of the one that it succeeds.
  std::int64_t overwritten = 0;
  if (grafted.added && !grafted.replaced.empty()) {
    overwritten = grafted.replaced.back();
    grafted.replaced.pop_back();
  }
  for (const auto body : grafted.replaced) delete_body_.bind(body).run();
  if (grafted.added) tree.set_body(revision.rev, write_body(revision.body, overwritten));
}

std::int64_t StoreWriter::write_body(std::string_view body, std::int64_t replaced) {
  const auto size = static_cast<std::int64_t>(body.size());
  const auto data = compressor_.pack(body);
  const std::int64_t crc = crc32(data);
  if (replaced != 0) {
    update_body_.bind(size, as_blob(data), crc, replaced).run();
    return replaced;
  }
  insert_body_.bind(size, as_blob(data), crc).run();
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
              arrival_of(id, progress).time_since_epoch().count(), winner.body, leaves)
        .run();
  } else {
    update_.bind(seq, rev, winner.deleted, tree.conflicts(), winner.body, leaves, before.seq).run();
    --(before.deleted ? progress.deleted : progress.documents);
    if (progress.is_sweeping) carry_unmet_.bind(seq, before.seq).run();
  }
  ++(winner.deleted ? progress.deleted : progress.documents);
  ++progress.changed;
  if (progress.has_wanted) drop_unnamed_blobs(id, tree);
}

void StoreWriter::write_purged(std::string_view id, const Row& before, Progress& progress) {
  for (const auto& leaf : before.tree.leaves()) delete_body_.bind(leaf.body).run();
  purge_.bind(++progress.seq, before.seq).run();
  ++progress.changed;
  if (!before.deleted) {
    --progress.documents;
    ++progress.deleted;
  }
  if (progress.has_quarantined) release_.bind(id).run();
  if (progress.has_wanted) drop_unnamed_blobs(id, {});
  if (progress.is_sweeping) meet(before.seq);
}

void StoreWriter::set_checkpoint(const Checkpoint& checkpoint) {
  set_meta("since", checkpoint.since.json);
  set_meta("incarnation", checkpoint.incarnation);
  set_meta("purge_seq", checkpoint.purge_seq);
  set_meta("filter", checkpoint.filter);
}

void StoreWriter::set_meta(std::string_view key, std::string_view value) {
  set_meta_.bind(value, key).run();
}

}  // namespace replica
