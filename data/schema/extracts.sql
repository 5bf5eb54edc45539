-- Format 3 of extracts.db, the texts of files. Derived: what is in another format is made anew.

-- What was read of the file with that digest, taken for a file of that type (indexer/extraction/file_type.hpp).
CREATE TABLE extracts (
  md5       BLOB NOT NULL,     -- 16 bytes; of compressed bytes where the source keeps them so; or a sha1, as blobs.sql has it
  type      INTEGER NOT NULL,
  version   INTEGER NOT NULL,  -- of the program that read it; another one reads it again
  truncated INTEGER NOT NULL,  -- 1: the text was cut
  failure   TEXT,              -- why there is no text; NULL: there is
  size      INTEGER NOT NULL,  -- octets of the text
  data      BLOB NOT NULL,     -- compressed with zstd when length(data) < size
  sum       INTEGER,           -- CRC-32 of the text, xor that of the failure; NULL in rows of format 2
  PRIMARY KEY (md5, type)
) WITHOUT ROWID;
CREATE INDEX failures ON extracts (version, failure) WHERE failure IS NOT NULL;

-- The digest of a part of a message, so that the message need not be read for it again.
CREATE TABLE parts (
  message BLOB NOT NULL,       -- md5 of the original, as above
  part    TEXT NOT NULL,       -- part id
  md5     BLOB NOT NULL,       -- of the part's decoded bytes
  PRIMARY KEY (message, part)
) WITHOUT ROWID;
