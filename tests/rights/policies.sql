-- Row policies: who sees and adds which rows.
CREATE ROLE alice LOGIN PASSWORD 'alice';
CREATE ROLE bob LOGIN PASSWORD 'bob';
CREATE ROLE carol LOGIN PASSWORD 'carol';
CREATE ROLE above LOGIN BYPASSRLS PASSWORD 'above';
CREATE ROLE team;
GRANT team TO carol;
CREATE TABLE doc (id int, owner text, level int, body text);
INSERT INTO doc VALUES (1, 'alice', 1, 'one'), (2, 'bob', 1, 'two'), (3, 'carol', 2, 'three'), (4, 'alice', 3, 'four');
CREATE TABLE clearance (who text, level int);
INSERT INTO clearance VALUES ('alice', 1), ('bob', 2), ('carol', 3);
GRANT SELECT, INSERT ON doc TO alice, bob, carol, above;
\c alice bob carol above
SELECT id FROM doc ORDER BY id;
CREATE POLICY p ON doc USING (true);
ALTER TABLE doc ENABLE ROW LEVEL SECURITY;
\c -
ALTER TABLE doc ENABLE ROW LEVEL SECURITY;
\c alice bob carol above postgres
SELECT id FROM doc ORDER BY id;
SELECT count(*) FROM doc;
INSERT INTO doc VALUES (5, 'x', 1, 'five');
SELECT row_security_active('doc');
\c -
CREATE POLICY own ON doc USING (owner = current_user);
CREATE POLICY own ON doc USING (true);
CREATE POLICY nosuch ON nosuch USING (true);
CREATE POLICY bad ON doc USING (nosuch = 1);
CREATE POLICY bad ON doc USING (id);
CREATE POLICY bad ON doc TO nosuch USING (true);
CREATE POLICY bad ON doc FOR SELECT WITH CHECK (true);
CREATE POLICY bad ON doc FOR INSERT USING (true);
CREATE POLICY bad ON doc FOR DELETE WITH CHECK (true);
CREATE POLICY bad ON doc USING (count(*) > 1);
-- departs: a policy is shown as it was written, policies by name
\psql \d doc
-- departs: a policy is shown as it was written, policies by name
\psql \dp doc
\c alice bob carol above postgres
SELECT id FROM doc ORDER BY id;
SELECT count(*), max(id), min(level) FROM doc;
SELECT id FROM doc WHERE owner = 'bob' ORDER BY id;
SELECT id FROM doc WHERE 1 / (id - 2) > 100;
INSERT INTO doc VALUES (10, current_user, 1, 'mine');
INSERT INTO doc VALUES (11, 'bob', 1, 'bobs');
INSERT INTO doc SELECT id + 20, 'bob', level, body FROM doc WHERE id < 5;
SELECT id, owner FROM doc ORDER BY id, owner;
SELECT count(*) > 0 FROM doc WHERE owner = 'bob';
SELECT 1 WHERE EXISTS (SELECT 1 FROM doc WHERE owner = 'bob');
SELECT d.id, e.id FROM doc d JOIN doc e ON d.id = e.id + 1 ORDER BY 1, 2;
WITH c AS (SELECT * FROM doc) SELECT count(*) FROM c;
SELECT owner, count(*) FROM doc GROUP BY owner ORDER BY owner;
SELECT row_security_active('doc');
SET row_security = off;
SELECT id FROM doc ORDER BY id;
SELECT count(*) FROM doc;
RESET row_security;
-- Permissive ones add up, restrictive ones cut down.
\c -
CREATE POLICY low ON doc FOR SELECT TO bob USING (level <= 1);
CREATE POLICY team_all ON doc TO team USING (true) WITH CHECK (level < 3);
CREATE POLICY limits ON doc AS RESTRICTIVE USING (id < 20);
-- departs: a policy is shown as it was written, policies by name
\psql \d doc
-- departs: a policy is shown as it was written, policies by name
\psql \dp doc
SELECT policyname, permissive, roles, cmd, qual, with_check FROM pg_policies WHERE policyname = 'limits';
SELECT polname, polcmd, polpermissive, polroles FROM pg_policy WHERE polname IN ('own', 'limits') ORDER BY polname;
\c alice bob carol above postgres
SELECT id, owner FROM doc ORDER BY id, owner;
INSERT INTO doc VALUES (12, current_user, 2, 'new');
INSERT INTO doc VALUES (30, current_user, 2, 'far');
INSERT INTO doc VALUES (13, 'other', 2, 'others');
INSERT INTO doc VALUES (14, 'other', 3, 'others high');
SELECT count(*) FROM doc;
-- Subqueries in a policy are read as the reader.
\c -
DROP POLICY own ON doc;
DROP POLICY nosuch ON doc;
DROP POLICY IF EXISTS nosuch ON doc;
CREATE POLICY cleared ON doc FOR SELECT USING (level <= (SELECT c.level FROM clearance c WHERE c.who = current_user));
\c alice bob
SELECT id FROM doc ORDER BY id;
\c carol
-- departs: lakewire asks for what a policy reads also where another policy lets every row through
SELECT id FROM doc ORDER BY id;
\c -
GRANT SELECT ON clearance TO alice, bob, carol;
\c alice bob carol
SELECT id FROM doc ORDER BY id;
SELECT count(*) FROM doc;
-- Views run as their owner, security_invoker views as the reader.
\c -
CREATE VIEW v AS SELECT id, owner FROM doc;
CREATE VIEW iv WITH (security_invoker = true) AS SELECT id, owner FROM doc;
CREATE VIEW ov AS SELECT * FROM iv;
GRANT SELECT ON v, iv, ov TO alice, bob, carol;
\c alice bob carol
SELECT id FROM v ORDER BY id;
SELECT id FROM iv ORDER BY id;
SELECT id FROM ov ORDER BY id;
SELECT count(*) FROM v;
SELECT count(*) FROM iv;
\c -
REVOKE SELECT ON doc FROM bob;
\c bob
SELECT id FROM v ORDER BY id;
SELECT id FROM iv ORDER BY id;
\c -
GRANT SELECT ON doc TO bob;
-- The owner is above them unless forced.
CREATE SCHEMA own AUTHORIZATION alice;
\c alice
CREATE TABLE own.t (a int, who text);
INSERT INTO own.t VALUES (1, 'alice'), (2, 'bob');
ALTER TABLE own.t ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON own.t USING (who = current_user);
SELECT a FROM own.t ORDER BY a;
ALTER TABLE own.t FORCE ROW LEVEL SECURITY;
SELECT a FROM own.t ORDER BY a;
INSERT INTO own.t VALUES (3, 'bob');
INSERT INTO own.t VALUES (3, 'alice');
GRANT USAGE ON SCHEMA own TO bob;
GRANT SELECT ON own.t TO bob;
SET row_security = off;
SELECT a FROM own.t ORDER BY a;
RESET row_security;
ALTER TABLE own.t NO FORCE ROW LEVEL SECURITY;
SELECT a FROM own.t ORDER BY a;
\c bob
SELECT a FROM own.t ORDER BY a;
ALTER TABLE own.t DISABLE ROW LEVEL SECURITY;
DROP POLICY mine ON own.t;
ALTER POLICY mine ON own.t USING (true);
CREATE POLICY other ON own.t USING (true);
\c alice
ALTER POLICY mine ON own.t USING (a = 2);
ALTER POLICY mine ON own.t RENAME TO ours;
ALTER POLICY ours ON own.t TO bob;
ALTER POLICY nosuch ON own.t TO bob;
\c bob
SELECT a FROM own.t ORDER BY a;
\c -
DROP ROLE bob;
\c alice
ALTER TABLE own.t DISABLE ROW LEVEL SECURITY;
\c bob
SELECT a FROM own.t ORDER BY a;
\c -
DROP OWNED BY bob;
SELECT polname FROM pg_policy WHERE polrelid = 'own.t'::regclass;
ALTER TABLE own.t ENABLE ROW LEVEL SECURITY;
-- Policies on what cannot bear them.
CREATE POLICY p ON v USING (true);
ALTER TABLE v ENABLE ROW LEVEL SECURITY;
-- What a policy reads is not dropped from under it.
DROP TABLE clearance;
DROP TABLE clearance CASCADE;
\c alice
SELECT id FROM doc ORDER BY id;
\c -
ALTER TABLE doc DISABLE ROW LEVEL SECURITY;
\c alice
SELECT count(*) FROM doc;
