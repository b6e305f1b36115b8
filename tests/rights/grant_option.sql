-- Rights given on: with the option, without it, and taken back along the chain.
CREATE ROLE alice LOGIN PASSWORD 'alice';
CREATE ROLE bob LOGIN PASSWORD 'bob';
CREATE ROLE carol LOGIN PASSWORD 'carol';
CREATE ROLE dan LOGIN PASSWORD 'dan';
CREATE ROLE team;
CREATE TABLE t (a int, b int);
GRANT SELECT ON t TO alice WITH GRANT OPTION;
\c alice
GRANT SELECT ON t TO bob WITH GRANT OPTION;
GRANT INSERT ON t TO bob;
GRANT SELECT, INSERT ON t TO bob;
GRANT ALL ON t TO bob;
GRANT SELECT ON t TO alice;
GRANT SELECT ON t TO public;
GRANT SELECT ON t TO postgres;
GRANT SELECT ON t TO postgres WITH GRANT OPTION;
GRANT SELECT (a) ON t TO carol;
GRANT INSERT (a) ON t TO carol;
GRANT SELECT (a), INSERT (b) ON t TO carol;
GRANT ALL (a) ON t TO carol;
\c bob
GRANT SELECT ON t TO carol;
GRANT SELECT ON t TO alice;
GRANT SELECT ON t TO alice WITH GRANT OPTION;
GRANT SELECT ON t TO bob WITH GRANT OPTION;
REVOKE SELECT ON t FROM alice;
REVOKE SELECT ON t FROM public;
\c carol
SELECT * FROM t;
GRANT SELECT ON t TO dan;
GRANT SELECT (a) ON t TO dan;
REVOKE SELECT ON t FROM dan;
REVOKE INSERT ON t FROM dan;
REVOKE SELECT (a) ON t FROM dan;
REVOKE ALL ON t FROM dan;
\c dan
GRANT SELECT ON t TO dan;
GRANT INSERT ON t TO dan;
REVOKE SELECT ON t FROM public;
\c -
\psql \dp
SELECT grantor, grantee, privilege_type, is_grantable FROM information_schema.table_privileges WHERE table_name = 't' ORDER BY 1, 2, 3;
REVOKE SELECT ON t FROM carol;
REVOKE SELECT ON t FROM alice;
REVOKE SELECT ON t FROM alice RESTRICT;
REVOKE GRANT OPTION FOR SELECT ON t FROM alice;
REVOKE GRANT OPTION FOR INSERT ON t FROM alice;
\c bob carol dan
SELECT * FROM t;
\c -
REVOKE GRANT OPTION FOR SELECT ON t FROM alice CASCADE;
\psql \dp
\c alice bob carol
SELECT * FROM t;
GRANT SELECT ON t TO dan;
\c -
REVOKE SELECT ON t FROM alice CASCADE;
\psql \dp
-- Two grantors: who still holds the option from the other keeps what it gave.
CREATE TABLE u (a int);
GRANT SELECT ON u TO alice WITH GRANT OPTION;
GRANT SELECT ON u TO bob WITH GRANT OPTION;
\c alice bob
GRANT SELECT ON u TO carol WITH GRANT OPTION;
\c carol
GRANT SELECT ON u TO dan;
\c -
\psql \dp u
REVOKE SELECT ON u FROM alice CASCADE;
\psql \dp u
REVOKE SELECT ON u FROM bob CASCADE;
\psql \dp u
-- The option through membership: the grant is the group's.
GRANT SELECT, INSERT ON u TO team WITH GRANT OPTION;
GRANT team TO alice;
GRANT UPDATE ON u TO alice WITH GRANT OPTION;
\c alice
GRANT SELECT ON u TO bob;
GRANT UPDATE ON u TO bob;
GRANT SELECT, UPDATE ON u TO dan;
GRANT SELECT, INSERT, UPDATE ON u TO carol;
\psql \dp u
REVOKE SELECT ON u FROM bob;
REVOKE INSERT ON u FROM bob;
\c -
REVOKE team FROM alice;
\psql \dp u
REVOKE ALL ON u FROM team;
REVOKE ALL ON u FROM team CASCADE;
\psql \dp u
-- The owner's own grants.
CREATE SCHEMA s AUTHORIZATION alice;
\c alice
CREATE TABLE s.own (a int);
GRANT SELECT ON s.own TO alice WITH GRANT OPTION;
GRANT SELECT ON s.own TO bob WITH GRANT OPTION;
GRANT USAGE ON SCHEMA s TO bob, carol;
REVOKE GRANT OPTION FOR SELECT ON s.own FROM alice;
REVOKE SELECT ON s.own FROM alice;
SELECT * FROM s.own;
\c bob
GRANT SELECT ON s.own TO carol;
GRANT SELECT ON s.own TO alice WITH GRANT OPTION;
\c alice
SELECT * FROM s.own;
\psql \dp s.*
REVOKE SELECT ON s.own FROM bob CASCADE;
\psql \dp s.*
-- A superuser acts as the owner.
\c -
GRANT SELECT ON s.own TO dan;
\psql \dp s.*
-- A new owner stands where the old one stood.
ALTER TABLE s.own OWNER TO bob;
\psql \dp s.*
\c alice
GRANT SELECT ON s.own TO carol;
\c bob
GRANT SELECT ON s.own TO carol;
SELECT * FROM s.own;
\psql \dp s.*
-- Columns: option on one column.
\c -
CREATE TABLE c (a int, b int);
GRANT SELECT (a) ON c TO alice WITH GRANT OPTION;
GRANT SELECT (b) ON c TO alice;
\c alice
GRANT SELECT (a) ON c TO bob WITH GRANT OPTION;
GRANT SELECT (b) ON c TO bob;
GRANT SELECT (a, b) ON c TO bob;
GRANT SELECT ON c TO bob;
REVOKE SELECT ON c FROM bob;
REVOKE SELECT (a) ON c FROM carol;
\c bob
GRANT SELECT (a) ON c TO carol;
GRANT SELECT (a) ON c TO alice WITH GRANT OPTION;
\c -
\psql \dp c
REVOKE SELECT (a) ON c FROM alice;
REVOKE SELECT ON c FROM alice;
REVOKE SELECT (a) ON c FROM alice CASCADE;
\psql \dp c
-- Option on the table, used for a column.
GRANT SELECT ON c TO alice WITH GRANT OPTION;
\c alice
GRANT SELECT (a) ON c TO bob;
GRANT SELECT (b) ON c TO bob WITH GRANT OPTION;
\psql \dp c
\c -
REVOKE SELECT ON c FROM alice;
REVOKE SELECT ON c FROM alice CASCADE;
\psql \dp c
