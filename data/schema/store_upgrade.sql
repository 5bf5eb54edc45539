-- Format 1 of store/<database>.db to format 2; store.sql says what the tables hold.
CREATE INDEX documents_conflicts ON documents (id) WHERE conflicts > 0;
ALTER TABLE quarantine ADD COLUMN next_attempt INTEGER NOT NULL DEFAULT 0;
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
INSERT INTO meta VALUES ('purge_seq', ''), ('filter', ''), ('replication_log', ''), ('sweeping', 0);
