-- How much its scripts may store, as the namespace's own object says.
ALTER TABLE namespace ADD COLUMN storage TEXT;
