-- From format 1 to format 2; tables.sql says what each is for.
ALTER TABLE instance ADD COLUMN label TEXT;
ALTER TABLE instance ADD COLUMN status TEXT;
CREATE INDEX instance_by_created ON instance (scope, schema, created, instance_id);
CREATE INDEX instance_by_modified ON instance (scope, schema, modified, instance_id);
CREATE INDEX instance_by_label ON instance (scope, schema, label, instance_id);
CREATE INDEX instance_by_status ON instance (scope, schema, status, instance_id);
CREATE TABLE removed (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  scope TEXT NOT NULL,
  schema TEXT NOT NULL,
  instance_id TEXT NOT NULL
) STRICT;

CREATE VIRTUAL TABLE search USING fts5 (place, words, tokenize = 'ascii');

DROP TRIGGER instance_removed;
CREATE TRIGGER instance_removed AFTER DELETE ON instance BEGIN
  UPDATE population SET size = size - 1
    WHERE scope = old.scope AND schema = old.schema AND bucket = substr(old.instance_id, 1, 2);
  INSERT INTO removed (scope, schema, instance_id) VALUES (old.scope, old.schema, old.instance_id);
  DELETE FROM removed WHERE number <= (SELECT max(number) FROM removed) - 10000;
END;
