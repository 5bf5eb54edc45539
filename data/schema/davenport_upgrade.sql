-- Format 1 of davenport.db to format 2; davenport.sql says what the tables hold.
CREATE TABLE token (
  id TEXT PRIMARY KEY,  -- as it stands in the token itself
  hash BLOB NOT NULL,  -- SHA-256 of the whole token
  accounts TEXT NOT NULL,  -- names with commas between; '*': all
  admin INTEGER NOT NULL,
  created INTEGER NOT NULL,  -- seconds since 1970
  expires INTEGER  -- the same; NULL: never
) WITHOUT ROWID;
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
CREATE TABLE standing (
  account TEXT PRIMARY KEY,
  standing INTEGER NOT NULL
) WITHOUT ROWID;
