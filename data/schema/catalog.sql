-- Format 4 of derived/<generation>/catalog.db, the lists of one account. Derived: another format means another
-- generation, nothing is converted.

-- instance (random, names this file); changes (grows when a list may have changed); checkpoint (JSON);
-- numbered (how often all entries were given numbers); ordered (0 or 1: whether `sorted` and threads.participants are complete); log_from (the first state
-- of which `changes` tells all that came later); mailboxes, emails, contents, files: "<uuid> <epoch>" of the store that
-- was followed.
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('instance', lower(hex(randomblob(8))));

-- Messages and files. What is read at every step of a list and of a thread is here, the rest in `details`.
CREATE TABLE entries (
  key       INTEGER PRIMARY KEY,
  kind      INTEGER NOT NULL,   -- 0 mail, 1 file
  date      INTEGER NOT NULL,   -- seconds since 1970, of the order of lists
  flags     INTEGER NOT NULL,   -- 1 unread (neither seen nor a draft), 2 flagged, 4 attachment, 8 all its readable attachments
                                -- are here, 16 seen, 32 answered, 64 draft
  thread    INTEGER,            -- NULL for files
  number    INTEGER,            -- in the text index; NULL before numbers were assigned
  text_seq  INTEGER NOT NULL,   -- row of its own store's feed that last changed its text
  body_seq  INTEGER NOT NULL,   -- row of the content documents' feed that last changed its bodies; 0: none did
  bodies    INTEGER NOT NULL,   -- bodies that are there
  size      INTEGER NOT NULL,
  text_hash INTEGER NOT NULL,   -- of all that the text index takes from the document
  id        TEXT NOT NULL,      -- public id
  doc_id    TEXT NOT NULL,
  sender    TEXT NOT NULL       -- name, else address
);
CREATE UNIQUE INDEX entries_id ON entries (id, kind);
CREATE INDEX entries_thread ON entries (thread, date DESC, id) WHERE thread IS NOT NULL;
CREATE UNIQUE INDEX entries_number ON entries (number) WHERE number IS NOT NULL;
CREATE INDEX entries_text ON entries (kind, text_seq);
CREATE INDEX entries_body ON entries (body_seq);

-- `row` is the JSON of a list without its closing brace, threadId and level. Lists of numbers are 8 octets each, lists
-- of texts a length of 4 octets before each; both in the machine's order.
-- What a list tells beside the row stands here once more, so that a page of it is read from this table alone.
CREATE TABLE details (
  entry       INTEGER PRIMARY KEY,
  thread      INTEGER,          -- as in entries
  text_seq    INTEGER NOT NULL, -- as in entries
  body_seq    INTEGER NOT NULL, -- as in entries
  bodies      INTEGER NOT NULL, -- as in entries
  here        INTEGER NOT NULL, -- 0 or 8, of its flags
  thread_id   TEXT,             -- as in threads
  views       BLOB NOT NULL,
  thread_keys BLOB NOT NULL,
  contents    BLOB NOT NULL,    -- ids of the content documents that it names
  inline      BLOB NOT NULL,    -- types of the bodies that stand in the document itself or are its attachments
  sort_keys   BLOB NOT NULL,    -- by sent, from, to, subject (a file's name) and size
  row         TEXT NOT NULL
);

-- Sets of entries. `name` is two letters and an id: state (* any, u unread, f flagged, a attachment, r answered, d draft) and
-- set (a all mail, m mailbox, k keyword, F all files). Numbers are multiples of 8: what is added to one names an order of it
-- in `sorted`. Odd multiples have one for every sort. Numbers are never used again. 'xa' has no rows: it only counts, by
-- thread, what is unread and not in the trash alone.
CREATE TABLE views (
  view    INTEGER PRIMARY KEY,
  name    TEXT NOT NULL UNIQUE,
  total   INTEGER NOT NULL,
  unread  INTEGER NOT NULL,  -- of the total
  threads INTEGER NOT NULL,
  unread_threads INTEGER NOT NULL  -- of a mailbox: threads that also have a message of 'xa'
);
INSERT INTO views SELECT column1, column2, 0, 0, 0, 0 FROM
  (VALUES (8, '*a'), (16, 'ua'), (32, 'fa'), (48, 'aa'), (56, '*F'), (64, 'ra'), (80, 'da'), (96, 'xa'));

-- Every view, newest first. `key`: the date, 5 octets, inverted; the id. `flags` as in entries, without 8.
CREATE TABLE listing (
  view  INTEGER NOT NULL,
  key   BLOB NOT NULL,
  entry INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  PRIMARY KEY (view, key)
) WITHOUT ROWID;

-- The same sets in other orders. `view` is that of the set and 1 sent, 2 from, 3 to, 4 subject or name, 5 size: `key` is the
-- sort key (numbers 5 octets, texts cut and ended by a zero), the date, inverted, and 8 octets of the SHA-256 of the id. Or and
-- 6: the newest message of each thread in it, `key` as in listing.
CREATE TABLE sorted (
  view  INTEGER NOT NULL,
  key   BLOB NOT NULL,
  entry INTEGER NOT NULL,
  PRIMARY KEY (view, key)
) WITHOUT ROWID;

-- id and date are those of the earliest message; `views` holds triples (view, messages of the thread in it, the newest of
-- these). participants: JSON, names of senders; NULL: not looked for yet.
CREATE TABLE threads (
  thread INTEGER PRIMARY KEY,
  id     TEXT NOT NULL,
  date   INTEGER NOT NULL,
  count  INTEGER NOT NULL,
  unread INTEGER NOT NULL,
  views  BLOB NOT NULL,
  participants TEXT
);

-- Links between messages: all that have a key are in its thread. `uses` counts them.
CREATE TABLE thread_keys (key INTEGER PRIMARY KEY, thread INTEGER NOT NULL, uses INTEGER NOT NULL);

-- What a list was before: the messages that the step to `state` changed, with the flags, thread, date and views that they had
-- (numbers of 8 octets; empty: the message was not there), and the threads that it gave another id. The newest only: see log_from.
CREATE TABLE changes (state INTEGER NOT NULL, id TEXT NOT NULL, before BLOB NOT NULL, PRIMARY KEY (state, id)) WITHOUT ROWID;
CREATE TABLE renamed (state INTEGER NOT NULL, thread INTEGER NOT NULL, PRIMARY KEY (state, thread)) WITHOUT ROWID;

-- Content documents, as far as the join needs them. One that is gone stays, with present = 0: its tombstone no longer
-- names its message.
CREATE TABLE contents (
  doc_id  TEXT PRIMARY KEY,
  email   TEXT,
  type    TEXT NOT NULL,
  size    INTEGER NOT NULL,     -- octets of the text
  seq     INTEGER NOT NULL,
  present INTEGER NOT NULL,
  truncated INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX contents_email ON contents (email) WHERE email IS NOT NULL;

-- Content documents that messages name.
CREATE TABLE named (content TEXT NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY (content, entry)) WITHOUT ROWID;

CREATE TABLE mailboxes (
  id         TEXT PRIMARY KEY,
  name       TEXT NOT NULL,
  parent     TEXT,
  role       TEXT,
  sort_order INTEGER NOT NULL
) WITHOUT ROWID;

-- Ids that were entries once and are not now; seq is the row of their store's feed that took them away.
CREATE TABLE removed (kind INTEGER NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE INDEX removed_seq ON removed (kind, seq);

CREATE TABLE failures (
  doctype TEXT NOT NULL,
  doc_id  TEXT NOT NULL,
  reason  TEXT NOT NULL,
  PRIMARY KEY (doctype, doc_id)
) WITHOUT ROWID;

-- Whom the messages name, for completion: see indexer/completion.hpp. class: 0 written to, 1 seen, 2 automated, 3 not
-- offered; uses: messages that name it, count: those that count, written: of these, those that the owner sent to it.
CREATE TABLE addresses (
  address INTEGER PRIMARY KEY,  -- fingerprint of the email
  email   TEXT NOT NULL,
  name    TEXT NOT NULL,        -- of the best score in address_names
  name_score INTEGER NOT NULL,
  text    TEXT NOT NULL,        -- name and email, folded
  class   INTEGER NOT NULL,
  score   INTEGER NOT NULL,
  count   INTEGER NOT NULL,
  written INTEGER NOT NULL,
  uses    INTEGER NOT NULL
);
CREATE INDEX addresses_rank ON addresses (class, score DESC, email);
CREATE TABLE address_names (
  address INTEGER NOT NULL,
  number  INTEGER NOT NULL,     -- fingerprint of the name
  name    TEXT NOT NULL,
  uses    INTEGER NOT NULL,
  score   INTEGER NOT NULL,
  PRIMARY KEY (address, number)
) WITHOUT ROWID;
CREATE TABLE address_dates (
  address INTEGER NOT NULL,
  date    INTEGER NOT NULL,
  uses    INTEGER NOT NULL,
  PRIMARY KEY (address, date)
) WITHOUT ROWID;
CREATE TABLE address_keys (
  class   INTEGER NOT NULL,
  key     TEXT NOT NULL,        -- what stands from a word's beginning on, at most 16 bytes
  address INTEGER NOT NULL,
  PRIMARY KEY (class, key, address)
) WITHOUT ROWID;
-- What each message adds: numbers of 8 octets, as AddressUses packs them.
CREATE TABLE entry_addresses (entry INTEGER PRIMARY KEY, uses BLOB NOT NULL);
