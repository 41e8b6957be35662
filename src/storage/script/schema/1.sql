-- The script itself. A deleted one stays as a row, so that its sequence goes on rising.
CREATE TABLE script (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  deleted INTEGER NOT NULL,
  incarnation TEXT NOT NULL,
  cookie_key TEXT NOT NULL,
  created_on TEXT NOT NULL,
  modified_on TEXT NOT NULL,
  number INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  settings TEXT NOT NULL
);

-- A version never changes; `deployed` is the sequence of the last deployment that it was part of.
CREATE TABLE version (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  bundle TEXT,
  manifest TEXT,
  deployed INTEGER NOT NULL DEFAULT 0,
  document TEXT NOT NULL
);

-- The highest sequence is live.
CREATE TABLE deployment (
  sequence INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  document TEXT NOT NULL
);

-- What may be in R2, told before it is written there. `state`: 0 announced, 1 written, 2 being deleted.
CREATE TABLE object (
  key TEXT PRIMARY KEY,
  state INTEGER NOT NULL,
  since INTEGER NOT NULL
) WITHOUT ROWID;

-- What needs which object: a bundle or a manifest of assets, which versions name.
CREATE TABLE holds (
  owner TEXT NOT NULL,
  key TEXT NOT NULL,
  PRIMARY KEY (owner, key)
) WITHOUT ROWID;
CREATE INDEX holds_by_key ON holds (key);

-- What the namespace's index is to be told: the script's entry, or NULL where it is gone.
CREATE TABLE outbox (
  revision INTEGER PRIMARY KEY AUTOINCREMENT,
  entry TEXT
);

-- When the alarm goes off.
CREATE TABLE alarm (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  at INTEGER NOT NULL
);
