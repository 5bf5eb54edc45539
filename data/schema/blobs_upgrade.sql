-- Format 1 of blobs/packed.db to format 2.
ALTER TABLE blobs ADD COLUMN gzip INTEGER NOT NULL DEFAULT 0;
