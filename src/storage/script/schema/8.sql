-- When it was last asked for what is live, or deployed, to an hour: one row, once it was.
CREATE TABLE asked (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  at INTEGER NOT NULL
);
