-- Roles that may log in, verifiers included; pg_authid below it is for superusers only.
SELECT rolname AS usename,
       oid AS usesysid,
       rolcreatedb AS usecreatedb,
       rolsuper AS usesuper,
       rolreplication AS userepl,
       rolbypassrls AS usebypassrls,
       rolpassword AS passwd,
       rolvaliduntil AS valuntil,
       setconfig AS useconfig
FROM pg_authid
LEFT JOIN pg_db_role_setting ON setrole = oid AND setdatabase = 0
WHERE rolcanlogin
