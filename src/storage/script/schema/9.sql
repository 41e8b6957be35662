-- What the script's bindings have it store, each life of it apart; what is doomed goes by the alarm.
CREATE TABLE store (
  name TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  doomed INTEGER NOT NULL DEFAULT 0
);
