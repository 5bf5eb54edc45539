-- Format 2 of store/<database>.db to format 3; store.sql says what the tables hold.
ALTER TABLE bodies ADD COLUMN crc INTEGER;
