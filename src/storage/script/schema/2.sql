-- What isolates have told of versions: that they do not load, and why. One row for each version and kind.
CREATE TABLE incident (
  version TEXT NOT NULL,
  kind TEXT NOT NULL,
  message TEXT NOT NULL,
  first TEXT NOT NULL,
  last TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (version, kind)
) WITHOUT ROWID;

-- How the versions of a deployment with a rule for its rollback did: what isolates have reported.
CREATE TABLE watch (
  deployment TEXT PRIMARY KEY,
  window TEXT NOT NULL
) WITHOUT ROWID;
