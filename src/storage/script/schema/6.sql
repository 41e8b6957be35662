-- What rules put into requests to elsewhere.
CREATE TABLE outbound_secret (
  name TEXT PRIMARY KEY,
  text TEXT NOT NULL
) WITHOUT ROWID;

-- What became of requests to elsewhere: so many of each kind.
CREATE TABLE outbound_audit (
  decision TEXT NOT NULL,
  code TEXT NOT NULL,
  policy TEXT NOT NULL,
  rule TEXT NOT NULL,
  host TEXT NOT NULL,
  method TEXT NOT NULL,
  count INTEGER NOT NULL,
  first TEXT NOT NULL,
  last TEXT NOT NULL,
  PRIMARY KEY (decision, code, policy, rule, host, method)
) WITHOUT ROWID;
