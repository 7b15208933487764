BEGIN TRANSACTION;
CREATE TABLE calendar (latest TEXT NOT NULL) STRICT;
INSERT INTO "calendar" VALUES('2026-01-02T03:04:05.000Z');
CREATE TABLE deletion (
  token TEXT PRIMARY KEY,
  scope TEXT NOT NULL,
  instance_id TEXT NOT NULL,
  polls_left INTEGER NOT NULL,
  receipt TEXT NOT NULL,
  outcome TEXT
) STRICT, WITHOUT ROWID;
INSERT INTO "deletion" VALUES('e3779b97-f4a7-c15f-39cc-0605cedc8350','mine','a708a824-f612-c933-5292-85451500f2e6',0,'{"instanceId":"a708a824-f612-c933-5292-85451500f2e6","@id":"xcore:offer-placement:08d12e6b76c8d1d","repo:etag":1,"repo:createdDate":"2026-01-02T03:04:05.000Z","repo:lastModifiedDate":"2026-01-02T03:04:05.000Z","repo:createdBy":"C971463ECE9DD1B203534E84@techacct","repo:lastModifiedBy":"C971463ECE9DD1B203534E84@techacct","repo:createdByClientId":"key","repo:lastModifiedByClientId":"key"}',NULL);
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
  name TEXT
) STRICT;
INSERT INTO "instance" VALUES(1,'sandbox/prod','https://ns.adobe.com/experience/xcore/container','mine',NULL,1,'2026-01-02T03:04:05.000Z','2026-01-02T03:04:05.000Z','repository','repository','repository','repository','{"repo:name":"Container of prod","dataCenter":"local"}','{}',NULL,NULL);
INSERT INTO "instance" VALUES(2,'mine','https://ns.adobe.com/experience/offer-management/tag','3c6ef372-fe94-f82b-e739-80c0b9db906a','xcore:tag:9e3779b97f4ac15',1,'2026-01-02T03:04:05.000Z','2026-01-02T03:04:05.000Z','C971463ECE9DD1B203534E84@techacct','C971463ECE9DD1B203534E84@techacct','key','key','{"@id":"xcore:tag:9e3779b97f4ac15","xdm:name":"Été"}','{}','tags','Été');
INSERT INTO "instance" VALUES(3,'mine','https://ns.adobe.com/experience/offer-management/tag','1715609f-7c74-6c6d-c20f-c1e1d0a4e909','xcore:tag:78dde6e5fd29057',1,'2026-01-02T03:04:05.000Z','2026-01-02T03:04:05.000Z','C971463ECE9DD1B203534E84@techacct','C971463ECE9DD1B203534E84@techacct','key','key','{"@id":"xcore:tag:78dde6e5fd29057","xdm:name":"b"}','{}','tags','b');
INSERT INTO "instance" VALUES(4,'mine','https://ns.adobe.com/experience/offer-management/tag','f1bbcdcb-fa53-e0af-9ce6-0302e76e41a8','xcore:tag:538454127b09499',1,'2026-01-02T03:04:05.000Z','2026-01-02T03:04:05.000Z','C971463ECE9DD1B203534E84@techacct','C971463ECE9DD1B203534E84@techacct','key','key','{"@id":"xcore:tag:538454127b09499","xdm:name":"a"}','{}','tags','a');
INSERT INTO "instance" VALUES(5,'mine','https://ns.adobe.com/experience/offer-management/personalized-offer','cc623af8-7833-54f1-77bc-4423fe379a47','xcore:personalized-offer:2e2ac13ef8e88db',1,'2026-01-02T03:04:05.000Z','2026-01-02T03:04:05.000Z','C971463ECE9DD1B203534E84@techacct','C971463ECE9DD1B203534E84@techacct','key','key','{"@id":"xcore:personalized-offer:2e2ac13ef8e88db","xdm:name":"offer","xdm:status":"approved"}','{}','offers','offer');
INSERT INTO "instance" VALUES(6,'mine','https://ns.adobe.com/experience/offer-management/offer-placement','a708a824-f612-c933-5292-85451500f2e6','xcore:offer-placement:08d12e6b76c8d1d',1,'2026-01-02T03:04:05.000Z','2026-01-02T03:04:05.000Z','C971463ECE9DD1B203534E84@techacct','C971463ECE9DD1B203534E84@techacct','key','key','{"@id":"xcore:offer-placement:08d12e6b76c8d1d","xdm:name":"gone"}','{}',NULL,NULL);
INSERT INTO "instance" VALUES(7,'mine','https://ns.adobe.com/experience/offer-management/offer-placement','be1e08c4-7287-35a1-14a2-4726e5a5dbef','xcore:offer-placement:1fe68f0af33c98b',1,'2026-01-02T03:04:05.000Z','2026-01-02T03:04:05.000Z','C971463ECE9DD1B203534E84@techacct','C971463ECE9DD1B203534E84@techacct','key','key','{"@id":"xcore:offer-placement:1fe68f0af33c98b","xdm:name":"twice"}','{}',NULL,NULL);
INSERT INTO "instance" VALUES(8,'mine','https://ns.adobe.com/experience/offer-management/offer-placement','98c475f0-f066-a9e2-ef78-8847fc6f348e','xcore:offer-placement:fa8cfc37711cdcc',1,'2026-01-02T03:04:05.000Z','2026-01-02T03:04:05.000Z','C971463ECE9DD1B203534E84@techacct','C971463ECE9DD1B203534E84@techacct','key','key','{"@id":"xcore:offer-placement:fa8cfc37711cdcc","xdm:name":"twice"}','{}',NULL,NULL);
CREATE TABLE population (
  scope TEXT NOT NULL,
  schema TEXT NOT NULL,
  bucket TEXT NOT NULL,
  size INTEGER NOT NULL,
  PRIMARY KEY (scope, schema, bucket)
) STRICT, WITHOUT ROWID;
INSERT INTO "population" VALUES('mine','https://ns.adobe.com/experience/offer-management/offer-placement','98',1);
INSERT INTO "population" VALUES('mine','https://ns.adobe.com/experience/offer-management/offer-placement','a7',1);
INSERT INTO "population" VALUES('mine','https://ns.adobe.com/experience/offer-management/offer-placement','be',1);
INSERT INTO "population" VALUES('mine','https://ns.adobe.com/experience/offer-management/personalized-offer','cc',1);
INSERT INTO "population" VALUES('mine','https://ns.adobe.com/experience/offer-management/tag','17',1);
INSERT INTO "population" VALUES('mine','https://ns.adobe.com/experience/offer-management/tag','3c',1);
INSERT INTO "population" VALUES('mine','https://ns.adobe.com/experience/offer-management/tag','f1',1);
INSERT INTO "population" VALUES('sandbox/prod','https://ns.adobe.com/experience/xcore/container','mi',1);
CREATE TABLE reference (
  scope TEXT NOT NULL,
  target TEXT NOT NULL,
  source INTEGER NOT NULL REFERENCES instance (row),
  property TEXT NOT NULL,
  PRIMARY KEY (scope, target, source, property)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX instance_by_id ON instance (instance_id);
CREATE UNIQUE INDEX instance_by_uri ON instance (scope, uri) WHERE uri IS NOT NULL;
CREATE UNIQUE INDEX instance_by_name ON instance (scope, name_group, name) WHERE name_group IS NOT NULL;
CREATE INDEX instance_in_order ON instance (scope, schema, instance_id);
CREATE TRIGGER instance_added AFTER INSERT ON instance BEGIN
  INSERT INTO population VALUES (new.scope, new.schema, substr(new.instance_id, 1, 2), 1)
    ON CONFLICT DO UPDATE SET size = size + 1;
END;
CREATE TRIGGER instance_removed AFTER DELETE ON instance BEGIN
  UPDATE population SET size = size - 1
    WHERE scope = old.scope AND schema = old.schema AND bucket = substr(old.instance_id, 1, 2);
END;
CREATE INDEX reference_by_source ON reference (source);
PRAGMA application_id = 1380270926;
PRAGMA user_version = 1;
COMMIT;
