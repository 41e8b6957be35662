-- The digest of the source maps, which are an owner of their own. Those of older versions are held by their bundle.
ALTER TABLE version ADD COLUMN map TEXT;
