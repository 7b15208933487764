-- From format 2 to format 3; tables.sql says what each is for.
ALTER TABLE deletion ADD COLUMN asked TEXT NOT NULL DEFAULT '';
CREATE INDEX deletion_undecided ON deletion (asked) WHERE outcome IS NULL;
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
INSERT INTO decided (token) SELECT token FROM deletion WHERE outcome IS NOT NULL;
