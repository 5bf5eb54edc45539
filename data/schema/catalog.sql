-- Format 1 of derived/<generation>/catalog.db, the lists of one account.
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
