-- How much its scripts may store, all of them and each, and how often they may ask for it: JSON, as registry/allowance.rs has it.
ALTER TABLE namespace ADD COLUMN storage TEXT;

-- What a script has said that it stores.
ALTER TABLE script ADD COLUMN stored_keys INTEGER NOT NULL DEFAULT 0;
ALTER TABLE script ADD COLUMN stored_bytes INTEGER NOT NULL DEFAULT 0;

-- Of what there may be so much in a minute since 1970, as isolates have told of it: of requests, which are '', and of others.
DROP TABLE spent;
CREATE TABLE spent (
  key TEXT NOT NULL,
  minute INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (key, minute)
) WITHOUT ROWID;
