-- Where the scripts of a namespace may go at most; null where they say it themselves.
ALTER TABLE namespace ADD COLUMN outbound TEXT;

-- What the rules of that put into requests.
CREATE TABLE outbound_secret (
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (namespace, name)
) WITHOUT ROWID;
