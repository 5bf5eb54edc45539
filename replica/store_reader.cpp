#include "replica/store_reader.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

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

sqlite::Connection open(const std::filesystem::path& file) {
  sqlite::Connection connection(file, sqlite::Access::kReadOnly, sqlite::Durability::kFull);
  sqlite::open_schema(connection, sqlite::Access::kReadOnly, kStoreFormat, {});
  return connection;
}

}  // namespace

StoreReader::StoreReader(const std::filesystem::path& file)
    : connection_(open(file)),
      meta_(connection_.prepare("SELECT value FROM meta WHERE key=?")),
      last_seq_(connection_.prepare("SELECT max(seq) FROM documents")),
      quarantine_(connection_.prepare(
          "SELECT id, rev, reason, since, attempts FROM quarantine ORDER BY id")),
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
  const sqlite::ReadTransaction view(connection_);
  return {meta("uuid"), meta("epoch")};
}

LocalSeq StoreReader::last_seq() {
  const sqlite::ResetAtEnd reset(last_seq_);
  return {last_seq_.bind().step() ? last_seq_.integer(0) : 0};
}

StoreCounts StoreReader::counts() {
  const sqlite::ReadTransaction view(connection_);
  StoreCounts counts;
  for (const auto& [key, value] :
       {std::pair("documents", &counts.documents), std::pair("deleted", &counts.deleted)}) {
    const sqlite::ResetAtEnd reset(meta_);
    if (meta_.bind(key).step()) *value = meta_.integer(0);
  }
  return counts;
}

Checkpoint StoreReader::checkpoint() {
  const sqlite::ReadTransaction view(connection_);
  return {{meta("since")}, meta("incarnation")};
}

std::vector<Quarantined> StoreReader::quarantined() {
  std::vector<Quarantined> rows;
  const sqlite::ResetAtEnd reset(quarantine_);
  for (quarantine_.bind(); quarantine_.step();) {
    rows.push_back({std::string(quarantine_.text(0)), std::string(quarantine_.text(1)),
                    std::string(quarantine_.text(2)),
                    std::chrono::sys_seconds(std::chrono::seconds(quarantine_.integer(3))),
                    static_cast<int>(quarantine_.integer(4))});
  }
  return rows;
}

std::vector<RevisionsOfDocument> StoreReader::missing(std::span<const RevisionsOfDocument> rows) {
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
      if (!known.contains(rev)) lacking.revs.push_back(rev);
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

std::int64_t StoreReader::pending(LocalSeq since) {
  const sqlite::ResetAtEnd reset(pending_);
  return pending_.bind(since.value).step() ? pending_.integer(0) : 0;
}

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
  change.arrived = std::chrono::sys_seconds(std::chrono::seconds(row.integer(6)));
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
