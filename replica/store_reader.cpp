#include "replica/store_reader.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

#include "replica/store_file.hpp"
#include "replica/tuning.hpp"

namespace replica {

namespace {

// A page of the feed ends with the row that reaches either: a view is held for well under a
// millisecond, or for one body.
constexpr std::size_t kRowsPerPage = 500;
constexpr std::size_t kBytesPerPage = std::size_t{1} << 20;

std::int64_t sql_limit(std::size_t limit) {
  return static_cast<std::int64_t>(
      std::min<std::uint64_t>(limit, std::numeric_limits<std::int64_t>::max()));
}

std::chrono::sys_seconds time(std::int64_t seconds) {
  return std::chrono::sys_seconds(std::chrono::seconds(seconds));
}

constexpr std::int64_t kNextAttemptOfIgnored = kNeverAgain.time_since_epoch().count();

// The next attempt of what failed just now is no later than this. Where a later one is stored, the clock was ahead when it was:
// it is due.
std::chrono::sys_seconds latest_attempt() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) +
         tuning::kLongestRetry;
}

std::chrono::sys_seconds next_attempt_of(std::int64_t stored, std::chrono::sys_seconds latest) {
  const auto time_stored = time(stored);
  return time_stored > latest && time_stored < kNeverAgain ? std::chrono::sys_seconds{}
                                                           : time_stored;
}

}  // namespace

StoreReader::StoreReader(const std::filesystem::path& file)
    : connection_(open_store(file, sqlite::Access::kReadOnly)),
      meta_(connection_.prepare("SELECT value FROM meta WHERE key=?")),
      identity_(connection_.prepare(
          "SELECT (SELECT value FROM meta WHERE key='uuid'), (SELECT value FROM meta WHERE "
          "key='epoch')")),
      last_seq_(connection_.prepare("SELECT max(seq) FROM documents")),
      count_conflicted_(connection_.prepare("SELECT count(*) FROM documents WHERE conflicts>0")),
      conflicted_(
          connection_.prepare("SELECT id FROM documents WHERE conflicts>0 ORDER BY id LIMIT ?")),
      quarantine_(connection_.prepare(
          "SELECT id, rev, reason, since, attempts, next_attempt, '' AS name FROM quarantine "
          "UNION ALL SELECT id, rev, reason, since, attempts, next_attempt, name FROM wanted "
          "WHERE attempts>0 ORDER BY id, name")),
      wanted_(connection_.prepare(
          "SELECT digest, min(id), rev, name, content_type, length, attempts, reason, next_attempt "
          "FROM wanted WHERE next_attempt<=?1 OR (next_attempt>?2 AND next_attempt<?3) "
          "GROUP BY digest LIMIT ?4")),
      // Of a row of the feed without readable id nothing can be asked.
      next_attempt_(connection_.prepare(
          "SELECT min(iif(next_attempt>?1, 0, next_attempt)) FROM (SELECT next_attempt FROM "
          "quarantine WHERE id<>'' UNION ALL SELECT min(next_attempt) FROM wanted WHERE attempts>0 "
          "UNION ALL SELECT max(next_attempt) FROM wanted WHERE attempts>0 AND next_attempt<?2) "
          "WHERE next_attempt<?2")),
      leaves_(connection_.prepare("SELECT leaves FROM documents WHERE id=?")),
      changes_(connection_.prepare(
          "SELECT seq, id, rev, deleted, purged, conflicts, arrived FROM documents "
          "WHERE seq>? ORDER BY seq LIMIT ?")),
      documents_(connection_.prepare(
          "SELECT seq, d.id, rev, deleted, purged, conflicts, arrived, size, data "
          "FROM documents d LEFT JOIN bodies b ON b.id=d.body "
          "WHERE seq>? ORDER BY seq LIMIT ?")),
      pending_(connection_.prepare("SELECT count(*) FROM documents WHERE seq>?")),
      document_(connection_.prepare(
          "SELECT seq, d.id, rev, deleted, purged, conflicts, arrived, size, data "
          "FROM documents d LEFT JOIN bodies b ON b.id=d.body WHERE d.id=?")),
      body_(connection_.prepare("SELECT size, data FROM bodies WHERE id=?")) {}

std::string StoreReader::meta(std::string_view key) {
  const sqlite::ResetAtEnd reset(meta_);
  return meta_.bind(key).step() ? std::string(meta_.text(0)) : std::string();
}

StoreIdentity StoreReader::identity() {
  const sqlite::ResetAtEnd reset(identity_);
  identity_.bind().step();
  return {std::string(identity_.text(0)), std::string(identity_.text(1))};
}

LocalSeq StoreReader::last_seq() { return {last_seq_.bind().scalar()}; }

StoreCounts StoreReader::counts() {
  const sqlite::ReadTransaction view(connection_);
  StoreCounts counts;
  counts.documents = meta_.bind("documents").scalar();
  counts.deleted = meta_.bind("deleted").scalar();
  counts.conflicted = count_conflicted_.bind().scalar();
  return counts;
}

Checkpoint StoreReader::checkpoint() {
  const sqlite::ReadTransaction view(connection_);
  return {{meta("since")}, meta("incarnation"), meta("purge_seq"), meta("filter")};
}

std::string StoreReader::replication_log() { return meta("replication_log"); }

bool StoreReader::is_sweeping() { return meta_.bind("sweeping").scalar() != 0; }

// Prepared here, since it is seldom asked for.
std::vector<std::string> StoreReader::unmet(std::size_t limit) {
  std::vector<std::string> ids;
  auto unmet = connection_.prepare(
      "SELECT d.id FROM unmet u JOIN documents d ON d.seq=u.seq ORDER BY u.seq LIMIT ?");
  for (unmet.bind(sql_limit(limit)); unmet.step();) ids.emplace_back(unmet.text(0));
  return ids;
}

std::vector<std::string> StoreReader::conflicted(std::size_t limit) {
  std::vector<std::string> ids;
  const sqlite::ResetAtEnd reset(conflicted_);
  for (conflicted_.bind(sql_limit(limit)); conflicted_.step();)
    ids.emplace_back(conflicted_.text(0));
  return ids;
}

std::vector<Quarantined> StoreReader::quarantined() {
  std::vector<Quarantined> rows;
  const auto latest = latest_attempt();
  const sqlite::ResetAtEnd reset(quarantine_);
  for (quarantine_.bind(); quarantine_.step();) {
    auto& row = rows.emplace_back();
    row.id = quarantine_.text(0);
    row.rev = quarantine_.text(1);
    row.reason = quarantine_.text(2);
    row.since = time(quarantine_.integer(3));
    row.attempts = static_cast<int>(quarantine_.integer(4));
    row.next_attempt = next_attempt_of(quarantine_.integer(5), latest);
    row.attachment = quarantine_.text(6);
    if (!row.attachment.empty()) row.reason.insert(0, "attachment " + row.attachment + ": ");
  }
  return rows;
}

std::vector<WantedBlob> StoreReader::wanted(std::chrono::sys_seconds now, std::size_t limit) {
  std::vector<WantedBlob> rows;
  const sqlite::ResetAtEnd reset(wanted_);
  const auto due = std::min(now, kNeverAgain - std::chrono::seconds(1));
  const auto latest = latest_attempt();
  for (wanted_.bind(due.time_since_epoch().count(), latest.time_since_epoch().count(),
                    kNextAttemptOfIgnored, sql_limit(limit));
       wanted_.step();) {
    auto& row = rows.emplace_back();
    row.digest = wanted_.text(0);
    row.id = wanted_.text(1);
    row.rev = wanted_.text(2);
    row.name = wanted_.text(3);
    row.content_type = wanted_.text(4);
    row.length = static_cast<std::uint64_t>(wanted_.integer(5));
    row.attempts = static_cast<int>(wanted_.integer(6));
    row.reason = wanted_.text(7);
    row.next_attempt = next_attempt_of(wanted_.integer(8), latest);
  }
  return rows;
}

std::optional<std::chrono::sys_seconds> StoreReader::next_attempt() {
  const sqlite::ResetAtEnd reset(next_attempt_);
  const auto latest = latest_attempt().time_since_epoch().count();
  if (!next_attempt_.bind(latest, kNextAttemptOfIgnored).step() || next_attempt_.is_null(0))
    return std::nullopt;
  return time(next_attempt_.integer(0));
}

std::vector<RevisionsOfDocument> StoreReader::missing(std::span<const RevisionsOfDocument> rows) {
  return lacking(rows, &RevisionTree::contains);
}

std::vector<RevisionsOfDocument> StoreReader::missing_leaves(
    std::span<const RevisionsOfDocument> rows) {
  return lacking(rows, &RevisionTree::has_leaf);
}

std::vector<RevisionsOfDocument> StoreReader::lacking(std::span<const RevisionsOfDocument> rows,
                                                      bool (RevisionTree::*has)(const RevId&)
                                                          const) {
  std::vector<RevisionsOfDocument> result;
  const sqlite::ReadTransaction view(connection_);
  const bool is_empty = last_seq().value == 0;
  for (const auto& row : rows) {
    if (row.revs.empty()) continue;
    RevisionTree known;
    if (!is_empty) {
      const sqlite::ResetAtEnd reset(leaves_);
      if (leaves_.bind(row.id).step()) known = decode(leaves_.text(0));
    }
    RevisionsOfDocument lacking;
    for (const auto& rev : row.revs) {
      if (!(known.*has)(rev)) lacking.revs.push_back(rev);
    }
    if (lacking.revs.empty()) continue;
    lacking.id = row.id;
    result.push_back(std::move(lacking));
  }
  return result;
}

std::vector<Change> StoreReader::changes(LocalSeq since, std::size_t limit) {
  std::vector<Change> rows;
  const sqlite::ResetAtEnd reset(changes_);
  for (changes_.bind(since.value, sql_limit(limit)); changes_.step();)
    read_change(changes_, rows.emplace_back());
  return rows;
}

void StoreReader::read_page(LocalSeq since, std::size_t limit, FeedPage& page) {
  page.size = 0;
  page.bytes.clear();
  const std::size_t rows = std::min(limit, kRowsPerPage);
  if (page.rows.size() < rows) page.rows.resize(rows);
  const sqlite::ResetAtEnd reset(documents_);
  documents_.bind(since.value, sql_limit(rows));
  while (page.bytes.size() < kBytesPerPage && documents_.step()) {
    auto& row = page.rows[page.size++];
    read_change(documents_, row.change);
    append_body(documents_.blob(8), documents_.integer(7), page.bytes);
    row.body_end = page.bytes.size();
  }
}

std::int64_t StoreReader::pending(LocalSeq since) { return pending_.bind(since.value).scalar(); }

std::optional<StoredDocument> StoreReader::read(std::string_view id) {
  const sqlite::ResetAtEnd reset(document_);
  if (!document_.bind(id).step()) return std::nullopt;
  StoredDocument document;
  read_change(document_, document.change);
  append_body(document_.blob(8), document_.integer(7), document.body);
  return document;
}

std::optional<RevisionTree> StoreReader::tree(std::string_view id) {
  const sqlite::ResetAtEnd reset(leaves_);
  if (!leaves_.bind(id).step()) return std::nullopt;
  return decode(leaves_.text(0));
}

std::optional<std::string> StoreReader::body(std::string_view id, const RevId& rev) {
  const sqlite::ReadTransaction view(connection_);
  const auto known = tree(id);
  if (!known) return std::nullopt;
  const auto leaf = std::find_if(known->leaves().begin(), known->leaves().end(),
                                 [&rev](const Leaf& candidate) { return candidate.rev == rev; });
  if (leaf == known->leaves().end()) return std::nullopt;
  const sqlite::ResetAtEnd reset(body_);
  if (!body_.bind(leaf->body).step())
    throw sqlite::damaged(connection_.file(), "a revision without its body");
  std::string body;
  append_body(body_.blob(1), body_.integer(0), body);
  return body;
}

void StoreReader::read_change(const sqlite::Statement& row, Change& change) const {
  change.seq = {row.integer(0)};
  change.id = row.text(1);
  change.deleted = row.integer(3) != 0;
  change.purged = row.integer(4) != 0;
  change.conflicts = static_cast<int>(row.integer(5));
  change.arrived = time(row.integer(6));
  if (change.purged) {
    change.rev = {};
  } else if (!RevId::parse_into(row.text(2), change.rev)) {
    throw sqlite::damaged(connection_.file(), "a document with an unreadable revision");
  }
}

void StoreReader::append_body(std::string_view data, std::int64_t size, std::string& out) {
  if (!decompressor_.unpack(data, size, out)) {
    throw sqlite::damaged(connection_.file(), "a body that cannot be decompressed");
  }
}

RevisionTree StoreReader::decode(std::string_view leaves) const {
  try {
    return RevisionTree::decode(leaves);
  } catch (const std::invalid_argument& e) {
    throw sqlite::damaged(connection_.file(), e.what());
  }
}

}  // namespace replica
