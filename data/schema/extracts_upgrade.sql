-- Format 1 of extracts.db to format 2.
CREATE INDEX failures ON extracts (version, failure) WHERE failure IS NOT NULL;
