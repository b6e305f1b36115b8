-- Roles that may log in, verifiers included; pg_authid below it is for superusers only.
SELECT rolname AS usename,
       oid AS usesysid,
       rolcreatedb AS usecreatedb,
       rolsuper AS usesuper,
       rolreplication AS userepl,
       rolbypassrls AS usebypassrls,
       rolpassword AS passwd,
       rolvaliduntil AS valuntil
FROM pg_authid
WHERE rolcanlogin
