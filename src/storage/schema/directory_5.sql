-- How many requests a namespace's scripts may have in a minute, as its own object says; null where there is no limit.
ALTER TABLE namespace ADD COLUMN requests_per_minute INTEGER;
