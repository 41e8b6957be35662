-- `revision` counts the changes in the number of scripts, `told` is the one that the directory knows of.
CREATE TABLE namespace (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  deleted INTEGER NOT NULL DEFAULT 0,
  quota INTEGER,
  revision INTEGER NOT NULL DEFAULT 0,
  told INTEGER NOT NULL DEFAULT 0
);
INSERT INTO namespace (id) VALUES (1);

-- A script that is gone stays as a row without an entry, so that an older message does not bring it back.
CREATE TABLE script (
  name TEXT PRIMARY KEY,
  revision INTEGER NOT NULL,
  entry TEXT
) WITHOUT ROWID;
