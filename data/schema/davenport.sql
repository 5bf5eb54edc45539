-- davenport.db: what belongs to no account. Not derived, and not needed to read mail: without it, every database is looked at again
-- once, and access tokens are made anew. Format 2; what changes here is also done to older files: davenport_upgrade.sql.

-- A database of a source, by the source's name in the configuration: a source that moves keeps its rows.
CREATE TABLE database (
  source TEXT NOT NULL,
  name TEXT NOT NULL,
  account TEXT NOT NULL,
  doctype TEXT NOT NULL,  -- "io.cozy.emails"; empty: all doctypes are in it
  gone INTEGER NOT NULL,  -- 1: it was there, and is not any more
  seen TEXT NOT NULL,  -- the source's update sequence (JSON): all up to it was pulled; empty: never; null: it is to be compared
  incarnation TEXT NOT NULL,  -- instance_start_time of the database that `seen` is of
  quarantined INTEGER NOT NULL,  -- documents and attachments that could not be taken over
  next_attempt INTEGER,  -- seconds since 1970: when the first of them is tried again, or a feed that was behind is read again
  PRIMARY KEY (source, name)
) WITHOUT ROWID;

CREATE INDEX database_account ON database (account);

-- Accounts whose lists or text may be behind their stores: marked before documents are committed, cleared when both caught up.
CREATE TABLE behind (
  account TEXT PRIMARY KEY
) WITHOUT ROWID;

-- Access tokens. What they are given for is in api/access.hpp.
CREATE TABLE token (
  id TEXT PRIMARY KEY,  -- as it stands in the token itself
  hash BLOB NOT NULL,  -- SHA-256 of the whole token
  accounts TEXT NOT NULL,  -- names with commas between; '*': all
  admin INTEGER NOT NULL,
  created INTEGER NOT NULL,  -- seconds since 1970
  expires INTEGER  -- the same; NULL: never
) WITHOUT ROWID;

-- Long work of every davenport process on this data folder. The newest 100 that ended are kept.
CREATE TABLE task (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  account TEXT NOT NULL,
  arguments TEXT NOT NULL,  -- JSON, by kind
  state TEXT NOT NULL,  -- queued, running, done, failed, cancelled
  done INTEGER NOT NULL DEFAULT 0,
  total INTEGER NOT NULL DEFAULT 0,  -- 0: not known
  seconds_left INTEGER,
  outcome TEXT NOT NULL DEFAULT '',
  problems TEXT NOT NULL DEFAULT '[]',  -- JSON: texts
  created INTEGER NOT NULL,  -- these three: seconds since 1970
  started INTEGER,
  ended INTEGER,
  runner TEXT NOT NULL,  -- the process that has it: its number, and when it was started
  cancel INTEGER NOT NULL DEFAULT 0  -- 1: its end was asked for
);
-- What was decided of an account: 1 paused, nothing is pulled; 2 removed, it does not come back by itself while a source has
-- it. Others have no row.
CREATE TABLE standing (
  account TEXT PRIMARY KEY,
  standing INTEGER NOT NULL
) WITHOUT ROWID;
