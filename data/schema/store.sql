-- Format 1 of store/<database>.db, the replica of one source database.

-- uuid, epoch: 32 hexadecimal digits. since: the source's sequence, JSON as it was sent; incarnation: the source
-- database's. documents, deleted: rows of that table by its column `deleted`.
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

-- A body as the source sent it; compressed with zstd when length(data) < size.
CREATE TABLE bodies (id INTEGER PRIMARY KEY, size INTEGER NOT NULL, data BLOB NOT NULL);

-- Documents that could not be taken over; `since` is the first failure, in seconds since 1970.
CREATE TABLE quarantine (
  id       TEXT PRIMARY KEY,
  rev      TEXT NOT NULL,
  reason   TEXT NOT NULL,
  since    INTEGER NOT NULL,
  attempts INTEGER NOT NULL
) WITHOUT ROWID;

INSERT INTO meta VALUES ('uuid', lower(hex(randomblob(16)))), ('epoch', lower(hex(randomblob(16)))),
  ('since', ''), ('incarnation', ''), ('documents', 0), ('deleted', 0);
