-- Containers are instances too: their scope is 'sandbox/NAME', that of all others the id of their container.
CREATE TABLE instance (
  row INTEGER PRIMARY KEY,
  scope TEXT NOT NULL,
  schema TEXT NOT NULL,
  instance_id TEXT NOT NULL,
  uri TEXT,
  etag INTEGER NOT NULL,
  created TEXT NOT NULL,
  modified TEXT NOT NULL,
  created_by TEXT NOT NULL,
  modified_by TEXT NOT NULL,
  created_client TEXT NOT NULL,
  modified_client TEXT NOT NULL,
  text TEXT NOT NULL,
  links TEXT NOT NULL,
  name_group TEXT,
  name TEXT,
  -- xdm:name and xdm:status, to list by: NULL when absent, one NUL when they are no text.
  label TEXT,
  status TEXT
) STRICT;
CREATE UNIQUE INDEX instance_by_id ON instance (instance_id);
CREATE UNIQUE INDEX instance_by_uri ON instance (scope, uri) WHERE uri IS NOT NULL;
CREATE UNIQUE INDEX instance_by_name ON instance (scope, name_group, name) WHERE name_group IS NOT NULL;
CREATE INDEX instance_in_order ON instance (scope, schema, instance_id);
CREATE INDEX instance_by_created ON instance (scope, schema, created, instance_id);
CREATE INDEX instance_by_modified ON instance (scope, schema, modified, instance_id);
CREATE INDEX instance_by_label ON instance (scope, schema, label, instance_id);
CREATE INDEX instance_by_status ON instance (scope, schema, status, instance_id) WHERE status IS NOT NULL;

-- How many instances there are by the first two characters of their ids: what lies behind a page is told from 256 sums
-- and one bucket, not by counting the rest of the list on every page.
CREATE TABLE population (
  scope TEXT NOT NULL,
  schema TEXT NOT NULL,
  bucket TEXT NOT NULL,
  size INTEGER NOT NULL,
  PRIMARY KEY (scope, schema, bucket)
) STRICT, WITHOUT ROWID;

-- Up to this row all instances are counted in population and have their words in search. Those beyond it are not: they
-- are few, and wait until they are taken in together. The last row may be removed, and its number given again.
CREATE TABLE taken_in (row INTEGER NOT NULL) STRICT;
INSERT INTO taken_in VALUES (0);
CREATE TRIGGER instance_removed AFTER DELETE ON instance BEGIN
  UPDATE population SET size = size - 1
    WHERE scope = old.scope AND schema = old.schema AND bucket = substr(old.instance_id, 1, 2)
      AND old.row <= (SELECT row FROM taken_in);
  UPDATE taken_in SET row = (SELECT coalesce(max(row), 0) FROM instance)
    WHERE row > (SELECT coalesce(max(row), 0) FROM instance);
  INSERT INTO removed (scope, schema, instance_id) VALUES (old.scope, old.schema, old.instance_id);
  DELETE FROM removed WHERE number <= (SELECT max(number) FROM removed) - 10000;
END;

-- The instances removed last: sorted lists in memory are kept up to date by it. Changes are found by their dates, which
-- differ from each other.
CREATE TABLE removed (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  scope TEXT NOT NULL,
  schema TEXT NOT NULL,
  instance_id TEXT NOT NULL
) STRICT;

-- The words of every instance that is taken in (words.py); place is one word that stands for scope and schema.
CREATE VIRTUAL TABLE search USING fts5 (place, words, tokenize = 'ascii');

CREATE TABLE reference (
  scope TEXT NOT NULL,
  target TEXT NOT NULL,
  source INTEGER NOT NULL REFERENCES instance (row),
  property TEXT NOT NULL,
  PRIMARY KEY (scope, target, source, property)
) STRICT, WITHOUT ROWID;
CREATE INDEX reference_by_source ON reference (source);

-- Requests to delete; outcome is JSON once it is known. Undecided ones are found by the date on which they were asked.
CREATE TABLE deletion (
  token TEXT PRIMARY KEY,
  scope TEXT NOT NULL,
  instance_id TEXT NOT NULL,
  polls_left INTEGER NOT NULL,
  receipt TEXT NOT NULL,
  outcome TEXT,
  asked TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX deletion_undecided ON deletion (asked) WHERE outcome IS NULL;

-- The requests to delete that were decided last, in that order: those before them are forgotten.
CREATE TABLE decided (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  token TEXT NOT NULL
) STRICT;
CREATE TRIGGER deletion_decided AFTER UPDATE OF outcome ON deletion WHEN old.outcome IS NULL BEGIN
  INSERT INTO decided (token) VALUES (new.token);
  DELETE FROM deletion
    WHERE token IN (SELECT token FROM decided WHERE number <= (SELECT max(number) FROM decided) - 10000);
  DELETE FROM decided WHERE number <= (SELECT max(number) FROM decided) - 10000;
END;

-- The date given last, so that dates never run backwards.
CREATE TABLE calendar (latest TEXT NOT NULL) STRICT;
INSERT INTO calendar VALUES ('');
