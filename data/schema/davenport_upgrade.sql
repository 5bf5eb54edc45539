-- Format 1 of davenport.db to format 2; davenport.sql says what the tables hold.
CREATE TABLE token (
  id TEXT PRIMARY KEY,  -- as it stands in the token itself
  hash BLOB NOT NULL,  -- SHA-256 of the whole token
  accounts TEXT NOT NULL,  -- names with commas between; '*': all
  admin INTEGER NOT NULL,
  created INTEGER NOT NULL,  -- seconds since 1970
  expires INTEGER  -- the same; NULL: never
) WITHOUT ROWID;
