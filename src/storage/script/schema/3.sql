-- The Content-Type of a site's file, if it has one.
ALTER TABLE object ADD COLUMN type TEXT;
