-- Format 1 of davenport.db to format 2; davenport.sql says what the tables hold.
CREATE TABLE standing (
  account TEXT PRIMARY KEY,
  standing INTEGER NOT NULL
) WITHOUT ROWID;
