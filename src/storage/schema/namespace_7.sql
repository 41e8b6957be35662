-- What all scripts of the index come to. Adding that up for each upload would take longer with every script that there is.
CREATE TABLE total (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  scripts INTEGER NOT NULL,
  versions INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  stored_keys INTEGER NOT NULL,
  stored_bytes INTEGER NOT NULL
);
INSERT INTO total SELECT 1, COUNT(*), TOTAL(versions), TOTAL(bytes), TOTAL(stored_keys), TOTAL(stored_bytes) FROM script WHERE entry IS NOT NULL;

-- Which scripts have a tag.
CREATE TABLE tag (
  tag TEXT NOT NULL,
  script TEXT NOT NULL,
  PRIMARY KEY (tag, script)
) WITHOUT ROWID;
INSERT OR IGNORE INTO tag SELECT one.value, name FROM script, json_each(entry, '$.script.tags') AS one WHERE entry IS NOT NULL;

-- The names of those that are there, without their entries, which are long: where a page begins is found by counting names.
CREATE TABLE listed (
  name TEXT PRIMARY KEY
) WITHOUT ROWID;
INSERT INTO listed SELECT name FROM script WHERE entry IS NOT NULL;

CREATE TRIGGER added AFTER INSERT ON script WHEN new.entry IS NOT NULL BEGIN
  UPDATE total SET scripts = scripts + 1, versions = versions + new.versions, bytes = bytes + new.bytes,
    stored_keys = stored_keys + new.stored_keys, stored_bytes = stored_bytes + new.stored_bytes;
  INSERT INTO listed (name) VALUES (new.name);
  INSERT INTO tag SELECT DISTINCT value, new.name FROM json_each(new.entry, '$.script.tags');
END;

CREATE TRIGGER changed AFTER UPDATE ON script BEGIN
  INSERT INTO listed SELECT new.name WHERE old.entry IS NULL AND new.entry IS NOT NULL;
  DELETE FROM listed WHERE name = new.name AND new.entry IS NULL;
  UPDATE total SET
    scripts = scripts + (new.entry IS NOT NULL) - (old.entry IS NOT NULL),
    versions = versions + iif(new.entry IS NULL, 0, new.versions) - iif(old.entry IS NULL, 0, old.versions),
    bytes = bytes + iif(new.entry IS NULL, 0, new.bytes) - iif(old.entry IS NULL, 0, old.bytes),
    stored_keys = stored_keys + iif(new.entry IS NULL, 0, new.stored_keys) - iif(old.entry IS NULL, 0, old.stored_keys),
    stored_bytes = stored_bytes + iif(new.entry IS NULL, 0, new.stored_bytes) - iif(old.entry IS NULL, 0, old.stored_bytes);
END;

CREATE TRIGGER tagged AFTER UPDATE OF entry ON script
  WHEN json_extract(old.entry, '$.script.tags') IS NOT json_extract(new.entry, '$.script.tags') BEGIN
  DELETE FROM tag WHERE script = new.name AND tag IN (SELECT value FROM json_each(old.entry, '$.script.tags'));
  INSERT INTO tag SELECT DISTINCT value, new.name FROM json_each(new.entry, '$.script.tags');
END;
