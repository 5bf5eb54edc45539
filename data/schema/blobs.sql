-- Format 2 of blobs/packed.db: blobs under 256 KB. Larger ones are files beside it, named by their digest in hexadecimal,
-- with .gz where the bytes are compressed.

-- `size` octets, compressed with zstd when length(data) < size.
CREATE TABLE blobs (
  number INTEGER PRIMARY KEY,
  md5    BLOB NOT NULL UNIQUE,  -- 16 bytes; 20, a sha1, where the source names them by that (Sync Gateway)
  size   INTEGER NOT NULL,
  data   BLOB NOT NULL,
  gzip   INTEGER NOT NULL DEFAULT 0  -- 1: they are a gzip stream, as the digest counts them; since format 2
);
