-- A rollback took it out of the deployment: it stands in for no other version until it is deployed again.
ALTER TABLE version ADD COLUMN taken_back INTEGER NOT NULL DEFAULT 0;

UPDATE version SET taken_back = 1 WHERE deployed > 0
  AND number > (SELECT max(number) FROM version WHERE deployed = (SELECT max(sequence) FROM deployment));
