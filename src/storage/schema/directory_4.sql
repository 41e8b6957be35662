-- The most that a namespace's scripts may use.
ALTER TABLE namespace ADD COLUMN limits TEXT NOT NULL DEFAULT '{}';
