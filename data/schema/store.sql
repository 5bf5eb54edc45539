-- Format 3 of store/<database>.db, the replica of one source database. What changes here is also done to older files:
-- store_upgrade.sql.

-- uuid, epoch: 32 hexadecimal digits. since, purge_seq: the source's sequences, JSON as it was sent; incarnation: the
-- source database's; filter: names the rule by which documents were left out. documents, deleted: rows of that table by
-- its column `deleted`. replication_log: JSON. sweeping: 1 while a sweep is under way.
CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;

-- One row a document; seq is its position in the local feed, given anew at each change.
CREATE TABLE documents (
  seq       INTEGER PRIMARY KEY,
  id        TEXT NOT NULL UNIQUE,
  rev       TEXT NOT NULL,                -- the winner; empty when purged
  deleted   INTEGER NOT NULL,
  purged    INTEGER NOT NULL,
  conflicts INTEGER NOT NULL,
  arrived   INTEGER NOT NULL,             -- seconds since 1970
  body      INTEGER NOT NULL,             -- the winner's, in bodies; 0 when purged
  leaves    TEXT NOT NULL                 -- RevisionTree::encode
);
CREATE INDEX documents_conflicts ON documents (id) WHERE conflicts > 0;

-- A body as the source sent it; compressed with zstd when length(data) < size. crc: CRC-32 (ISO 3309) of data; null when
-- a program of format 2 wrote it.
CREATE TABLE bodies (id INTEGER PRIMARY KEY, size INTEGER NOT NULL, data BLOB NOT NULL, crc INTEGER);

-- Documents that could not be taken over. Times are seconds since 1970; `since` is the first failure; next_attempt is
-- 253402300799 (the end of 9999) of what is ignored, here and in `wanted`.
CREATE TABLE quarantine (
  id           TEXT PRIMARY KEY,
  rev          TEXT NOT NULL,
  reason       TEXT NOT NULL,
  since        INTEGER NOT NULL,
  attempts     INTEGER NOT NULL,
  next_attempt INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- Attachments that a leaf names and whose bytes are not among the blobs. The first failure and the next attempt are 0
-- while nothing failed.
CREATE TABLE wanted (
  digest       TEXT NOT NULL,
  id           TEXT NOT NULL,             -- of the document
  rev          TEXT NOT NULL,             -- one of its leaves
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

-- Rows of documents that the sweep under way has not met.
CREATE TABLE unmet (seq INTEGER PRIMARY KEY);

INSERT INTO meta VALUES ('uuid', lower(hex(randomblob(16)))), ('epoch', lower(hex(randomblob(16)))),
  ('since', ''), ('incarnation', ''), ('purge_seq', ''), ('filter', ''), ('documents', 0), ('deleted', 0),
  ('replication_log', ''), ('sweeping', 0);
