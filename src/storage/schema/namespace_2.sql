-- Scripts that may be uploaded and are not in the index yet: their places are kept until then, or until this time.
CREATE TABLE admitted (
  script TEXT PRIMARY KEY,
  until_ms INTEGER NOT NULL
) WITHOUT ROWID;
