-- Settings that a role's sessions begin with, and who may set them.
CREATE ROLE alice LOGIN PASSWORD 'alice';
CREATE ROLE bob LOGIN PASSWORD 'bob';
CREATE ROLE chief LOGIN CREATEROLE PASSWORD 'chief';
CREATE ROLE boss LOGIN SUPERUSER PASSWORD 'boss';
CREATE SCHEMA s;
ALTER ROLE alice SET statement_timeout = '5s';
ALTER ROLE alice SET search_path = s, public;
ALTER ROLE alice IN DATABASE lake SET statement_timeout = '7s';
ALTER ROLE ALL SET application_name = 'everybody';
ALTER DATABASE lake SET statement_timeout = '9s';
ALTER ROLE bob SET nosuch = 1;
ALTER ROLE bob SET statement_timeout = 'soon';
ALTER ROLE nosuch SET statement_timeout = '1s';
ALTER ROLE bob IN DATABASE nosuch SET statement_timeout = '1s';
\psql \drds
\c alice bob
SHOW statement_timeout;
SHOW search_path;
ALTER ROLE alice SET statement_timeout = '6s';
ALTER ROLE bob SET statement_timeout = '6s';
ALTER ROLE bob RESET statement_timeout;
ALTER ROLE ALL SET statement_timeout = '6s';
ALTER DATABASE lake SET statement_timeout = '6s';
ALTER ROLE boss SET statement_timeout = '6s';
ALTER ROLE CURRENT_USER SET application_name = 'mine';
SHOW statement_timeout;
\c chief
ALTER ROLE alice SET statement_timeout = '8s';
ALTER ROLE boss SET statement_timeout = '8s';
ALTER ROLE ALL SET statement_timeout = '8s';
ALTER ROLE pg_monitor SET statement_timeout = '8s';
\c alice/2 bob/2
SHOW statement_timeout;
-- SET ROLE and SET SESSION AUTHORIZATION bring no settings along.
\c -
SET ROLE alice;
SHOW search_path;
RESET ROLE;
SET SESSION AUTHORIZATION alice;
SHOW search_path;
RESET SESSION AUTHORIZATION;
ALTER ROLE alice RESET ALL;
ALTER ROLE bob IN DATABASE lake RESET ALL;
ALTER DATABASE lake RESET statement_timeout;
\psql \drds
SELECT rolname, rolconfig FROM pg_roles WHERE rolname IN ('alice', 'bob') ORDER BY rolname;
DROP ROLE bob;
ALTER ROLE ALL RESET ALL;
\psql \drds
