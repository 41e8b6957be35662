-- What its quota is beside the number of scripts; null where there is none.
ALTER TABLE namespace ADD COLUMN most_versions INTEGER;
ALTER TABLE namespace ADD COLUMN most_bytes INTEGER;
ALTER TABLE namespace ADD COLUMN most_requests INTEGER;

-- What a script has said that it has.
ALTER TABLE script ADD COLUMN versions INTEGER NOT NULL DEFAULT 0;
ALTER TABLE script ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;

-- Requests in a minute since 1970, as isolates have told of them.
CREATE TABLE spent (
  minute INTEGER PRIMARY KEY,
  count INTEGER NOT NULL
);
