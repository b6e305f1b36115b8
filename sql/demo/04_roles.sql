-- The analyst. CREATE ROLE has no IF NOT EXISTS, so `lakewire demo` runs this file only while the role
-- does not exist. A password for show: change it before anybody else can reach the server.

CREATE ROLE analyst
LOGIN
PASSWORD 'analyst';
