-- How long it is, in bytes, as far as that was told before it was written.
ALTER TABLE object ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
