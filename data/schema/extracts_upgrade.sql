-- Format 2 of extracts.db to format 3.
ALTER TABLE extracts ADD COLUMN sum INTEGER;
