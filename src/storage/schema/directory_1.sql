CREATE TABLE namespace (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  created_on TEXT NOT NULL,
  created_by TEXT NOT NULL,
  modified_on TEXT NOT NULL,
  modified_by TEXT NOT NULL,
  trusted INTEGER NOT NULL DEFAULT 0,
  scripts INTEGER NOT NULL DEFAULT 0,
  revision INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- Namespaces whose objects have still to be told that they are deleted.
CREATE TABLE leaving (
  id TEXT PRIMARY KEY
) WITHOUT ROWID;

CREATE TABLE token (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  permission TEXT NOT NULL,
  every INTEGER NOT NULL,
  created_on TEXT NOT NULL,
  modified_on TEXT NOT NULL,
  expires_on TEXT,
  expires_ms INTEGER
) WITHOUT ROWID;

-- A token is for namespaces, not for names: one that is renamed is the same, one made anew is another.
CREATE TABLE token_namespace (
  token TEXT NOT NULL,
  namespace TEXT NOT NULL,
  PRIMARY KEY (token, namespace)
) WITHOUT ROWID;

-- The digests of its values: one, and while it is rolled, the one before.
CREATE TABLE token_hash (
  hash TEXT PRIMARY KEY,
  token TEXT NOT NULL,
  until_ms INTEGER
) WITHOUT ROWID;
