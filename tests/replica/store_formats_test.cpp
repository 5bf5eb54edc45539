// Files of other formats, and what a store keeps about itself.
#include <map>

#include "tests/replica/store_fixture.hpp"

namespace replica {
namespace {

using sqlite::Access;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A file as the program before wrote it, with two documents, a conflict, a purge and a quarantined document.
constexpr std::string_view kFormat2 = R"(
  CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
  CREATE TABLE documents (
    seq       INTEGER PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE,
    rev       TEXT NOT NULL,
    deleted   INTEGER NOT NULL,
    purged    INTEGER NOT NULL,
    conflicts INTEGER NOT NULL,
    arrived   INTEGER NOT NULL,
    body      INTEGER NOT NULL,
    leaves    TEXT NOT NULL
  );
  CREATE INDEX documents_conflicts ON documents (id) WHERE conflicts > 0;
  CREATE TABLE bodies (id INTEGER PRIMARY KEY, size INTEGER NOT NULL, data BLOB NOT NULL);
  CREATE TABLE quarantine (
    id           TEXT PRIMARY KEY,
    rev          TEXT NOT NULL,
    reason       TEXT NOT NULL,
    since        INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    next_attempt INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  CREATE TABLE wanted (
    digest       TEXT NOT NULL,
    id           TEXT NOT NULL,
    rev          TEXT NOT NULL,
    name         TEXT NOT NULL,
    content_type TEXT NOT NULL,
    length       INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    reason       TEXT NOT NULL,
    since        INTEGER NOT NULL,
    next_attempt INTEGER NOT NULL,
    PRIMARY KEY (digest, id)
  ) WITHOUT ROWID;
  CREATE INDEX wanted_id ON wanted (id);
  CREATE INDEX wanted_failed ON wanted (next_attempt) WHERE attempts > 0;
  CREATE TABLE unmet (seq INTEGER PRIMARY KEY);
  INSERT INTO meta VALUES ('uuid', 'u'), ('epoch', 'e'), ('since', '"12-abc"'), ('incarnation', '1700'),
    ('purge_seq', '"3-p"'), ('filter', 'f'), ('documents', 2), ('deleted', 1), ('replication_log', '{"a":1}'), ('sweeping', 0);
  INSERT INTO bodies VALUES (1, 2, '{}'), (2, 7, '{"a":1}'), (3, 7, '{"a":2}');
  INSERT INTO documents VALUES (4, 'a', '2-c', 0, 0, 1, 1600000000, 3, '2-c live 3 x' || char(10) || '2-b live 2 x' || char(10)),
    (5, 'p', '', 1, 1, 0, 1600000000, 0, ''), (9, 'b', '1-x', 0, 0, 0, 1600000001, 1, '1-x live 1 ' || char(10));
  INSERT INTO quarantine VALUES ('q', '1-q', 'nests too deep', 1600000002, 3, 0);
  PRAGMA user_version=2;
)";

void make_format_2(const std::filesystem::path& file) {
  sqlite::Connection(file, Access::kReadWrite, sqlite::Durability::kFull).execute(kFormat2);
}

// All that a reader sees of a store.
void expect_all_there(const Store& store) {
  EXPECT_EQ(store.identity(), (StoreIdentity{"u", "e"}));
  EXPECT_EQ(store.checkpoint(), (Checkpoint{{"\"12-abc\""}, "1700", "\"3-p\"", "f"}));
  EXPECT_THAT(feed(store), ElementsAre("a@2-c", "p@!#", "b@1-x"));
  EXPECT_EQ(store.last_seq(), LocalSeq{9});
  EXPECT_EQ(store.body("a", rev("2-b")), R"({"a":1})");
  EXPECT_EQ(store.read("a")->body, R"({"a":2})");
  EXPECT_EQ(store.read("b")->change.arrived.time_since_epoch().count(), 1'600'000'001);
  EXPECT_EQ(store.counts().documents, 2);
  EXPECT_EQ(store.counts().deleted, 1);
  EXPECT_EQ(store.counts().conflicted, 1);
  EXPECT_THAT(store.conflicted(10), ElementsAre("a"));
  const auto quarantined = store.quarantined();
  ASSERT_EQ(quarantined.size(), 1);
  EXPECT_EQ(quarantined[0].id, "q");
  EXPECT_EQ(quarantined[0].rev, "1-q");
  EXPECT_EQ(quarantined[0].reason, "nests too deep");
  EXPECT_EQ(quarantined[0].attempts, 3);
  EXPECT_EQ(quarantined[0].since.time_since_epoch().count(), 1'600'000'002);
  EXPECT_EQ(store.next_attempt(), std::chrono::sys_seconds()) << "it is due";
  EXPECT_THAT(store.wanted(std::chrono::sys_seconds(), 10), IsEmpty());
  EXPECT_EQ(store.replication_log(), R"({"a":1})");
  EXPECT_FALSE(store.is_sweeping());
}

int format_of(const std::filesystem::path& file) {
  const sqlite::Connection connection(file, Access::kReadOnly, sqlite::Durability::kFull);
  auto version = connection.prepare("PRAGMA user_version");
  return version.step() ? static_cast<int>(version.integer(0)) : -1;
}

// Columns of all tables, and the indexes, by name.
std::map<std::string, std::string> schema_of(const std::filesystem::path& file) {
  const sqlite::Connection connection(file, Access::kReadOnly, sqlite::Durability::kFull);
  auto rows = connection.prepare(
      "SELECT s.type || ' ' || s.name, iif(s.type='index', s.sql, (SELECT group_concat("
      "i.name || ' ' || i.type || ' ' || i.\"notnull\" || ' ' || i.pk) FROM "
      "pragma_table_info(s.name) i)) "
      "FROM sqlite_schema s");
  std::map<std::string, std::string> schema;
  while (rows.step()) schema[std::string(rows.text(0))] = rows.text(1);
  return schema;
}

TEST_F(StoreTest, FileOfFormat2IsReadAsItIs) {
  const auto file = folder_ / "old.db";
  make_format_2(file);
  const auto bytes = support::read_file(file);
  expect_all_there(Store(file, Access::kReadOnly));
  EXPECT_EQ(support::read_file(file), bytes);
  EXPECT_EQ(format_of(file), 2);
}

TEST_F(StoreTest, FileOfFormat2IsUpgradedByWhoWrites) {
  const auto file = folder_ / "old.db";
  make_format_2(file);
  {
    Store store(file, Access::kReadWrite);
    expect_all_there(store);
    store.commit(batch({revision("c", "1-x")}));
    store.begin_sweep();
    store.set_replication_log("{}");
  }
  EXPECT_EQ(format_of(file), 3);
  EXPECT_EQ(schema_of(file), schema_of(file_)) << "as that of a new file";
  const Store store(file, Access::kReadOnly);
  EXPECT_THAT(feed(store), ElementsAre("a@2-c", "p@!#", "b@1-x", "c@1-x"));
  EXPECT_TRUE(store.is_sweeping());
  EXPECT_EQ(store.replication_log(), "{}");
}

TEST_F(StoreTest, FileOfANewerFormatIsRefused) {
  const auto file = folder_ / "newer.db";
  { const Store store(file, Access::kReadWrite); }
  sqlite::Connection(file, Access::kReadWrite, sqlite::Durability::kFull)
      .execute("PRAGMA user_version=4");
  for (const auto access : {Access::kReadOnly, Access::kReadWrite}) {
    try {
      const Store store(file, access);
      FAIL() << "opened";
    } catch (const sqlite::Error& e) {
      EXPECT_THAT(e.what(), HasSubstr("newer davenport"));
    }
  }
}

TEST_F(StoreTest, CheckpointKeepsAllOfItsParts) {
  Batch incoming;
  incoming.checkpoint = Checkpoint{{"\"7-g1AAAA\""}, "1700", "\"3-purge\"", "since 2024"};
  store_.commit(incoming);
  EXPECT_EQ(store_.checkpoint(), *incoming.checkpoint);
}

TEST_F(StoreTest, ReplicationLogIsKept) {
  EXPECT_EQ(store_.replication_log(), "");
  store_.set_replication_log(R"({"session_id":"s"})");
  EXPECT_EQ(Store(file_, Access::kReadOnly).replication_log(), R"({"session_id":"s"})");
  store_.set_replication_log("");
  EXPECT_EQ(store_.replication_log(), "");
}

TEST_F(StoreTest, RenewedEpochIsAnotherOne) {
  store_.commit(batch({revision("a", "1-x")}));
  const auto before = store_.identity();
  store_.renew_epoch();
  const auto after = store_.identity();
  EXPECT_EQ(after.uuid, before.uuid);
  EXPECT_NE(after.epoch, before.epoch);
  EXPECT_THAT(after.epoch, testing::MatchesRegex("[0-9a-f]{32}"));
  EXPECT_THAT(feed(store_), ElementsAre("a@1-x"));
  EXPECT_EQ(Store(file_, Access::kReadOnly).identity(), after);
}

TEST_F(StoreTest, ConflictedDocumentsAreCountedAndNamed) {
  EXPECT_EQ(store_.counts().conflicted, 0);
  std::vector<IncomingRevision> revisions;
  for (const char* id : {"c", "a", "b"}) {
    revisions.push_back(revision(id, "1-x"));
    revisions.push_back(revision(id, "1-y"));
  }
  revisions.push_back(revision("d", "1-x"));
  revisions.push_back(revision("d", "1-y", {}, true));
  store_.commit(batch(std::move(revisions)));
  EXPECT_EQ(store_.counts().conflicted, 3);
  EXPECT_THAT(store_.conflicted(2), ElementsAre("a", "b"));
  store_.commit(batch({revision("a", "2-z", {"x"}, true)}));
  EXPECT_THAT(store_.conflicted(10), ElementsAre("b", "c"));
}

}  // namespace
}  // namespace replica
