-- What its scripts store that is of none of them alone: by kind and name.
CREATE TABLE store (
  name TEXT PRIMARY KEY
);
