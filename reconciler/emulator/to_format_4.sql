-- From format 3 to format 4; tables.sql says what each is for.
CREATE TABLE taken_in (row INTEGER NOT NULL) STRICT;
INSERT INTO taken_in SELECT coalesce(max(row), 0) FROM instance;
DROP INDEX instance_by_status;
CREATE INDEX instance_by_status ON instance (scope, schema, status, instance_id) WHERE status IS NOT NULL;
DROP TRIGGER instance_added;
DROP TRIGGER instance_removed;
CREATE TRIGGER instance_removed AFTER DELETE ON instance BEGIN
  UPDATE population SET size = size - 1
    WHERE scope = old.scope AND schema = old.schema AND bucket = substr(old.instance_id, 1, 2)
      AND old.row <= (SELECT row FROM taken_in);
  UPDATE taken_in SET row = (SELECT coalesce(max(row), 0) FROM instance)
    WHERE row > (SELECT coalesce(max(row), 0) FROM instance);
  INSERT INTO removed (scope, schema, instance_id) VALUES (old.scope, old.schema, old.instance_id);
  DELETE FROM removed WHERE number <= (SELECT max(number) FROM removed) - 10000;
END;
