-- What a role owns and holds: DROP ROLE refuses, REASSIGN OWNED and DROP OWNED clear.
CREATE ROLE alice LOGIN PASSWORD 'alice';
CREATE ROLE bob LOGIN PASSWORD 'bob';
CREATE ROLE carol LOGIN PASSWORD 'carol';
CREATE ROLE team;
GRANT CREATE ON DATABASE lake TO alice;
GRANT CREATE ON SCHEMA public TO alice, bob;
CREATE TABLE t (a int, b int);
CREATE TABLE "Odd" (a int);
CREATE SCHEMA hidden;
CREATE TABLE hidden.h (a int);
GRANT SELECT ON t TO alice WITH GRANT OPTION;
GRANT INSERT (a), SELECT (b) ON t TO alice;
GRANT SELECT ON hidden.h, "Odd" TO alice;
GRANT USAGE ON SCHEMA hidden TO alice;
\c alice
CREATE SCHEMA own;
CREATE TABLE own.t (a int);
CREATE VIEW own.v AS SELECT a FROM own.t;
CREATE TABLE mine (a int, b int);
CREATE VIEW over AS SELECT a FROM mine;
INSERT INTO mine VALUES (1, 2);
GRANT SELECT ON t TO bob;
GRANT SELECT ON mine TO carol;
GRANT USAGE ON SCHEMA own TO carol;
\c -
DROP ROLE alice;
DROP ROLE bob;
DROP ROLE carol;
DROP ROLE carol, alice;
DROP ROLE postgres;
REASSIGN OWNED BY nosuch TO bob;
REASSIGN OWNED BY alice TO nosuch;
REASSIGN OWNED BY postgres TO bob;
REASSIGN OWNED BY pg_monitor TO bob;
REASSIGN OWNED BY public TO bob;
DROP OWNED BY nosuch;
DROP OWNED BY postgres;
DROP OWNED BY public;
\c bob
REASSIGN OWNED BY alice TO bob;
REASSIGN OWNED BY bob TO alice;
DROP OWNED BY alice;
\c alice
REASSIGN OWNED BY alice TO team;
\c -
GRANT team TO alice;
\c alice
REASSIGN OWNED BY alice TO team;
SELECT c.relname, pg_get_userbyid(c.relowner) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN ('own', 'public') ORDER BY n.nspname, c.relname;
\psql \dn+ own
\psql \dp
\psql \dp own.*
SELECT * FROM mine;
SELECT * FROM over;
GRANT SELECT ON mine TO bob;
\c carol
SELECT * FROM mine;
SELECT * FROM over;
\c -
DROP ROLE alice;
DROP ROLE team;
REASSIGN OWNED BY team, alice TO bob;
\c bob
SELECT * FROM mine;
DROP VIEW over;
CREATE VIEW over AS SELECT b FROM mine;
\c -
DROP OWNED BY alice RESTRICT;
\psql \dp
\psql \dn+ [^lpi]*|public
SELECT datacl FROM pg_database WHERE datname = 'lake';
DROP ROLE alice;
REVOKE SELECT ON t FROM alice CASCADE;
DROP OWNED BY alice;
\psql \dp
DROP ROLE alice;
DROP ROLE team;
-- DROP OWNED with things of others on top.
\c carol
CREATE TABLE own.c (a int);
\c -
GRANT CREATE, USAGE ON SCHEMA own TO carol;
GRANT SELECT ON own.t TO carol;
\c carol
CREATE TABLE own.c (a int);
CREATE VIEW own.on_t AS SELECT a FROM own.t;
\c bob
DROP OWNED BY bob;
DROP OWNED BY bob RESTRICT;
DROP OWNED BY CURRENT_USER CASCADE;
\c -
SELECT c.relname, pg_get_userbyid(c.relowner) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN ('own', 'public') ORDER BY n.nspname, c.relname;
DROP ROLE bob;
DROP ROLE carol;
\psql \dn [^lpi]*|public
-- Grants by the role to others go with it.
CREATE ROLE giver LOGIN PASSWORD 'giver';
CREATE ROLE taker LOGIN PASSWORD 'taker';
CREATE TABLE given (a int);
GRANT SELECT, INSERT ON given TO giver WITH GRANT OPTION;
\c giver
GRANT SELECT ON given TO taker;
\c -
DROP ROLE giver;
DROP ROLE taker;
DROP OWNED BY giver;
\psql \dp given
DROP ROLE giver, taker;
-- The role itself gives up what it holds, as far as it may.
CREATE ROLE self LOGIN PASSWORD 'self';
GRANT SELECT ON given TO self;
\c self
DROP OWNED BY self;
SELECT * FROM given;
REASSIGN OWNED BY self TO self;
\c -
\psql \dp given
-- Dependents in DROP's own words.
CREATE SCHEMA d;
CREATE TABLE d.base (a int);
CREATE VIEW d.one AS SELECT a FROM d.base;
CREATE VIEW d.two AS SELECT a FROM d.one;
CREATE VIEW three AS SELECT a FROM d.base;
DROP TABLE d.base;
DROP VIEW d.one;
DROP SCHEMA d;
DROP TABLE d.base, given;
DROP VIEW d.two, d.one;
DROP TABLE d.base CASCADE;
CREATE TABLE d.base (a int);
DROP SCHEMA d CASCADE;
DROP SCHEMA d CASCADE;
DROP SCHEMA IF EXISTS d CASCADE;
