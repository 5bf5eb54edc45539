-- Format 1 of store/<database>.db, the replica of one source database.

-- uuid, epoch; checkpoint: since (the source's sequence, JSON as it was sent), incarnation.
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- One row a document; seq is its position in the local feed, given anew at each change. `leaves` is RevisionTree::encode.
CREATE TABLE documents (
  number    INTEGER PRIMARY KEY,
  id        TEXT NOT NULL UNIQUE,
  seq       INTEGER NOT NULL UNIQUE,
  rev       TEXT NOT NULL,
  deleted   INTEGER NOT NULL,
  purged    INTEGER NOT NULL DEFAULT 0,
  conflicts INTEGER NOT NULL,
  arrived   INTEGER NOT NULL,             -- seconds since 1970
  body      INTEGER NOT NULL,             -- the winner's, in bodies; 0 when purged
  leaves    TEXT NOT NULL
);

-- A body as the source sent it; compressed with zstd when length(data) < size.
CREATE TABLE bodies (id INTEGER PRIMARY KEY, size INTEGER NOT NULL, data BLOB NOT NULL);

CREATE TABLE quarantine (
  id       TEXT PRIMARY KEY,
  rev      TEXT NOT NULL,
  reason   TEXT NOT NULL,
  since    INTEGER NOT NULL,
  attempts INTEGER NOT NULL
) WITHOUT ROWID;
