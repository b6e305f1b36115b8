// pgjdbc: what DataGrip, DBeaver, Metabase, Tableau and every Java program stand on. One class, run from its source.
// needs: java

import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.sql.*;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.*;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

public class jdbc {
    interface Body { void run() throws Exception; }

    static final String URL = "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/"
        + System.getenv("PGDATABASE");
    static final boolean LAKEWIRE = "lakewire".equals(System.getenv("CLIENT_ENGINE"));
    static final boolean GO_ON = System.getenv("CLIENT_GO_ON") != null;
    static int ok, failed, later;
    static Connection c;

    public static void main(String[] given) throws Exception {
        c = connect("");
        DatabaseMetaData about = c.getMetaData();
        step("version " + about.getDriverVersion() + ": connected", () -> {
            equal(about.getDatabaseMajorVersion(), 15);
            equal(about.getDatabaseProductName(), "PostgreSQL");
            run("DROP SCHEMA IF EXISTS jdbc CASCADE");
            run("CREATE SCHEMA jdbc");
            c.setSchema("jdbc");
            equal(c.getSchema(), "jdbc");
            equal(c.getCatalog(), "lake");
            equal(c.isValid(5), true);
        });
        step("the flights", () -> {
            equal(ask("SELECT count(*) FROM curated.flights"), "[[336776]]");
            equal(ask("SELECT origin FROM curated.flights WHERE month = ? GROUP BY origin ORDER BY origin", 1),
                "[[EWR], [JFK], [LGA]]");
            equal(ask("SELECT count(*) FROM curated.flights WHERE day BETWEEN ? AND ?", LocalDate.of(2013, 1, 1),
                LocalDate.of(2013, 1, 31)), "[[27004]]");
        });
        step("each type there and back, before and after the driver turns to binary", jdbc::types);
        step("a result's own description", () -> {
            run("CREATE TABLE described (id integer NOT NULL, n numeric(12,2), v varchar(10), t text)");
            try (Statement s = c.createStatement(); ResultSet r = s.executeQuery("SELECT id AS other, n, v FROM described")) {
                ResultSetMetaData m = r.getMetaData();
                equal(m.getColumnLabel(1) + " " + m.getColumnTypeName(1), "other int4");
                equal(m.getPrecision(2) + "," + m.getScale(2), "12,2");
                equal(m.getPrecision(3), 10);
                equal(((org.postgresql.PGResultSetMetaData) m).getBaseTableName(1) + " " + ((org.postgresql.PGResultSetMetaData) m).getBaseSchemaName(2), "described jdbc");
                equal(((org.postgresql.PGResultSetMetaData) m).getBaseColumnName(1), "id");
                equal(m.isNullable(1), ResultSetMetaData.columnNoNulls);
                equal(m.isNullable(2), ResultSetMetaData.columnNullable);
                equal(m.isAutoIncrement(1), false);
            }
        });
        step("getSchemas, getCatalogs, getTableTypes", () -> {
            List<String> schemas = column(about.getSchemas(), "TABLE_SCHEM");
            holds(schemas, "curated", "jdbc", "public", "information_schema", "pg_catalog");
            equal(column(about.getCatalogs(), "TABLE_CAT").contains("lake"), true);
            holds(column(about.getTableTypes(), "TABLE_TYPE"), "TABLE", "VIEW");
            equal(column(about.getSchemas(null, "cur%"), "TABLE_SCHEM"), List.of("curated"));
        });
        step("getTables", () -> {
            holds(column(about.getTables(null, "curated", "%", null), "TABLE_NAME"), "flights", "daily_delays", "storms");
            equal(column(about.getTables("lake", "jdbc", "desc%", new String[] {"TABLE"}), "TABLE_NAME"), List.of("described"));
            equal(column(about.getTables(null, "jdbc", "%", new String[] {"VIEW"}), "TABLE_NAME"), List.of());
            holds(column(about.getTables(null, "pg_catalog", "pg_c%", null), "TABLE_NAME"), "pg_class", "pg_constraint");
        });
        step("getColumns", () -> {
            try (ResultSet r = about.getColumns(null, "jdbc", "described", null)) {
                List<String> found = new ArrayList<>();
                while (r.next()) {
                    found.add(r.getString("COLUMN_NAME") + " " + r.getString("TYPE_NAME") + " " + r.getInt("DATA_TYPE") + " "
                        + r.getInt("COLUMN_SIZE") + " " + r.getInt("DECIMAL_DIGITS") + " " + r.getString("IS_NULLABLE") + " "
                        + r.getInt("ORDINAL_POSITION"));
                }
                equal(found, List.of("id int4 4 10 0 NO 1", "n numeric 2 12 2 YES 2", "v varchar 12 10 0 YES 3",
                    "t text 12 2147483647 0 YES 4"));
            }
            equal(column(about.getColumns(null, "curated", "flights", "%delay%"), "COLUMN_NAME"),
                List.of("dep_delay_min", "arr_delay_min"));
            int all = column(about.getColumns(null, null, null, null), "COLUMN_NAME").size();
            equal(all > 1000, true);
        });
        step("getPrimaryKeys, getImportedKeys, getExportedKeys, getIndexInfo of a table without any", () -> {
            equal(column(about.getPrimaryKeys(null, "jdbc", "described"), "COLUMN_NAME"), List.of());
            equal(column(about.getImportedKeys(null, "jdbc", "described"), "FKCOLUMN_NAME"), List.of());
            equal(column(about.getExportedKeys(null, "jdbc", "described"), "FKCOLUMN_NAME"), List.of());
            equal(column(about.getIndexInfo(null, "jdbc", "described", false, true), "INDEX_NAME"), List.of());
            equal(column(about.getBestRowIdentifier(null, "jdbc", "described", DatabaseMetaData.bestRowSession, true),
                "COLUMN_NAME"), List.of());
        });
        step("the same of tables with declared keys", () -> {
            run("CREATE TABLE parent (id integer PRIMARY KEY, code text UNIQUE)");
            run("CREATE TABLE child (a integer, b text, parent integer REFERENCES parent (id), PRIMARY KEY (a, b))");
            equal(column(about.getPrimaryKeys(null, "jdbc", "child"), "COLUMN_NAME"), List.of("a", "b"));
            equal(column(about.getPrimaryKeys(null, "jdbc", "child"), "PK_NAME"), List.of("child_pkey", "child_pkey"));
            equal(column(about.getImportedKeys(null, "jdbc", "child"), "FKCOLUMN_NAME"), List.of("parent"));
            equal(column(about.getImportedKeys(null, "jdbc", "child"), "PKTABLE_NAME"), List.of("parent"));
            equal(column(about.getExportedKeys(null, "jdbc", "parent"), "FKTABLE_NAME"), List.of("child"));
            equal(column(about.getCrossReference(null, "jdbc", "parent", null, "jdbc", "child"), "FK_NAME"),
                List.of("child_parent_fkey"));
            equal(column(about.getBestRowIdentifier(null, "jdbc", "child", DatabaseMetaData.bestRowSession, true),
                "COLUMN_NAME"), List.of("a", "b"));
            run("CREATE INDEX child_at ON child (b DESC, parent)");
            equal(column(about.getIndexInfo(null, "jdbc", "child", false, true), "COLUMN_NAME"),
                List.of("a", "b", "b", "parent"));
            equal(column(about.getIndexInfo(null, "jdbc", "child", false, true), "ASC_OR_DESC"), List.of("A", "A", "D", "A"));
        });
        step("what else there is to ask about a database", () -> {
            equal(column(about.getVersionColumns(null, "jdbc", "child"), "COLUMN_NAME"), List.of("ctid"));
            holds(column(about.getClientInfoProperties(), "NAME"), "ApplicationName");
            holds(column(about.getFunctionColumns(null, "pg_catalog", "upper", "%"), "TYPE_NAME"), "text");
            holds(column(about.getProcedureColumns(null, "pg_catalog", "upper", "%"), "TYPE_NAME"), "text");
            holds(column(about.getTables(null, "jdbc", "child%", new String[] {"INDEX"}), "TABLE_NAME"), "child_pkey", "child_at");
            // Of what takes no arguments, all.
            for (java.lang.reflect.Method m : DatabaseMetaData.class.getMethods()) {
                boolean plain = m.getReturnType().isPrimitive() || m.getReturnType() == String.class;
                if (m.getParameterCount() == 0 && plain) m.invoke(about);
            }
        });
        step("a function by its escape", () -> {
            try (CallableStatement s = c.prepareCall("{? = call upper(?)}")) {
                s.registerOutParameter(1, Types.VARCHAR);
                s.setString(2, "abc");
                s.execute();
                equal(s.getString(1), "ABC");
            }
        });
        step("getTypeInfo, getUDTs", () -> {
            holds(column(about.getTypeInfo(), "TYPE_NAME"), "int4", "numeric", "text", "timestamptz", "uuid");
            equal(column(about.getUDTs(null, "jdbc", "%", new int[] {Types.DISTINCT}), "TYPE_NAME"), List.of());
        });
        step("getTablePrivileges, getColumnPrivileges", () -> {
            holds(column(about.getTablePrivileges(null, "curated", "storms"), "GRANTEE"), "postgres");
            holds(column(about.getColumnPrivileges(null, "curated", "flights", "day"), "PRIVILEGE"), "SELECT");
        });
        step("getFunctions, getProcedures, keywords, limits", () -> {
            holds(column(about.getFunctions(null, "pg_catalog", "upper"), "FUNCTION_NAME"), "upper");
            column(about.getProcedures(null, "jdbc", "%"), "PROCEDURE_NAME");
            equal(about.getSQLKeywords().length() > 100, true);
            equal(about.getMaxColumnNameLength(), 63);
            equal(about.getMaxColumnsInIndex() > 0, true);
            equal(about.getDefaultTransactionIsolation(), Connection.TRANSACTION_READ_COMMITTED);
        });
        step("a month of flights in pieces, by fetchSize", () -> {
            c.setAutoCommit(false);
            try (PreparedStatement s = c.prepareStatement("SELECT flight, day, dep_delay_min FROM curated.flights WHERE month = ?")) {
                s.setFetchSize(1000);
                s.setInt(1, 2);
                int seen = 0;
                try (ResultSet r = s.executeQuery()) {
                    while (r.next()) seen++;
                }
                equal(seen, 24951);
            }
            c.commit();
            c.setAutoCommit(true);
        });
        step("batches, plain and rewritten", () -> {
            run("CREATE TABLE item (id integer, name text, price numeric(10,2))");
            for (String how : new String[] {"", "?reWriteBatchedInserts=true"}) {
                try (Connection other = connect(how)) {
                    other.setAutoCommit(false);
                    try (PreparedStatement s = other.prepareStatement("INSERT INTO jdbc.item VALUES (?, ?, ?)")) {
                        for (int n = 1; n <= 100; n++) {
                            s.setInt(1, n);
                            s.setString(2, n % 7 == 0 ? null : "name " + n);
                            s.setBigDecimal(3, new BigDecimal(n).movePointLeft(1));
                            s.addBatch();
                        }
                        equal(s.executeBatch().length, 100);
                    }
                    other.commit();
                }
            }
            equal(ask("SELECT count(*), sum(price), count(name) FROM jdbc.item"), "[[200, 1010.00, 172]]");
        });
        step("transactions, levels, read only", () -> {
            c.setAutoCommit(false);
            run("INSERT INTO jdbc.item VALUES (-1, 'gone', 0)");
            c.rollback();
            equal(ask("SELECT count(*) FROM jdbc.item"), "[[200]]");
            refused("22012", "SELECT 1 / 0");
            refused("25P02", "SELECT 1");
            c.rollback();
            c.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            c.setReadOnly(true);
            equal(ask("SHOW transaction_isolation"), "[[repeatable read]]");
            refused("25006", "CREATE TABLE jdbc.no (a int)");
            c.rollback();
            c.setReadOnly(false);
            c.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
            c.setAutoCommit(true);
        });
        step("savepoints, and autosave", () -> {
            c.setAutoCommit(false);
            run("INSERT INTO jdbc.item VALUES (1000, 'kept', 0)");
            Savepoint point = c.setSavepoint("p");
            refused("22012", "SELECT 1 / 0");
            c.rollback(point);
            c.commit();
            c.setAutoCommit(true);
            equal(ask("SELECT count(*) FROM jdbc.item WHERE id = 1000"), "[[1]]");
            try (Connection other = connect("?autosave=always")) {
                other.setAutoCommit(false);
                try (Statement s = other.createStatement()) {
                    try { s.execute("SELECT nothing"); } catch (SQLException e) { equal(e.getSQLState(), "42703"); }
                    s.execute("SELECT 1");
                }
                other.commit();
            }
        });
        step("CopyManager in and out", () -> {
            run("CREATE TABLE copied (id integer, name text)");
            CopyManager copy = c.unwrap(PGConnection.class).getCopyAPI();
            equal(copy.copyIn("COPY jdbc.copied FROM STDIN (FORMAT csv)", new StringReader("1,one\n2,\"t,wo\"\n3,\n")), 3L);
            StringWriter out = new StringWriter();
            equal(copy.copyOut("COPY (SELECT * FROM jdbc.copied ORDER BY id) TO STDOUT", out), 3L);
            equal(out.toString(), "1\tone\n2\tt,wo\n3\t\\N\n");
        });
        step("escapes, several statements, limits and a timeout", () -> {
            equal(ask("SELECT {fn concat('a', 'b')}, {d '2024-02-29'}, {fn year({d '2024-02-29'})}"), "[[ab, 2024-02-29, 2024]]");
            try (Statement s = c.createStatement()) {
                equal(s.execute("SELECT 1; SELECT 2, 3"), true);
                equal(s.getMoreResults(), true);
                equal(s.getResultSet().getMetaData().getColumnCount(), 2);
                s.setMaxRows(3);
                equal(rows(s.executeQuery("SELECT generate_series(1, 10)")), "[[1], [2], [3]]");
                s.setMaxRows(0);
                s.setQueryTimeout(1);
                try {
                    s.executeQuery("SELECT count(*) FROM generate_series(1, 100000) AS a, generate_series(1, 10000000) AS b WHERE a % 7 = b % 11");
                    throw new AssertionError("it came to an end");
                } catch (SQLException e) {
                    equal(e.getSQLState(), "57014");
                }
            }
        });
        step("errors with state and place", () -> {
            refused("42P01", "SELECT * FROM nowhere");
            refused("42601", "SELEC 1");
            refused("22P02", "SELECT 'x'::int");
        });
        System.out.println(ok + " passed, " + failed + " failed" + (later > 0 ? ", " + later + " later" : ""));
        System.exit(failed == 0 ? 0 : 1);
    }

    static void types() throws Exception {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("boolean", true);
        values.put("smallint", 7);
        values.put("integer", 2147483647);
        values.put("bigint", Long.MIN_VALUE);
        values.put("real", 0.5f);
        values.put("double precision", 1e-300);
        values.put("numeric", new BigDecimal("12345678901234567890.12345"));
        values.put("text", "ü'\\");
        values.put("date", LocalDate.of(2024, 2, 29));
        values.put("timestamp", LocalDateTime.of(2024, 2, 29, 12, 34, 56, 789012000));
        values.put("timestamptz", OffsetDateTime.of(2024, 2, 29, 12, 34, 56, 0, ZoneOffset.UTC));
        values.put("uuid", UUID.fromString("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"));
        for (Map.Entry<String, Object> v : values.entrySet()) {
            try (PreparedStatement s = c.prepareStatement("SELECT ?::" + v.getKey())) {
                // From the sixth run on the statement is named and its results are binary.
                for (int n = 0; n < 8; n++) {
                    s.setObject(1, v.getValue());
                    try (ResultSet r = s.executeQuery()) {
                        r.next();
                        Class<?> kind = v.getKey().equals("smallint") ? Integer.class : v.getValue().getClass();
                        equal(r.getObject(1, kind), v.getValue());
                    }
                }
            }
        }
        try (PreparedStatement s = c.prepareStatement("SELECT ?::bytea, ?::int[], ?::text[], ?::int")) {
            for (int n = 0; n < 8; n++) {
                s.setBytes(1, new byte[] {0, -1});
                s.setArray(2, c.createArrayOf("int4", new Object[] {1, null, 3}));
                s.setArray(3, c.createArrayOf("text", new Object[] {"a,b", "\""}));
                s.setNull(4, Types.INTEGER);
                try (ResultSet r = s.executeQuery()) {
                    r.next();
                    equal(Arrays.toString(r.getBytes(1)), "[0, -1]");
                    equal(Arrays.toString((Object[]) r.getArray(2).getArray()), "[1, null, 3]");
                    equal(Arrays.toString((Object[]) r.getArray(3).getArray()), "[a,b, \"]");
                    equal(r.getObject(4), null);
                }
            }
        }
    }

    static Connection connect(String how) throws SQLException {
        return DriverManager.getConnection(URL + how, System.getenv("PGUSER"), System.getenv("PGPASSWORD"));
    }

    static void run(String text) throws SQLException {
        try (Statement s = c.createStatement()) { s.execute(text); }
    }

    static String ask(String text, Object... given) throws SQLException {
        try (PreparedStatement s = c.prepareStatement(text)) {
            for (int n = 0; n < given.length; n++) s.setObject(n + 1, given[n]);
            return rows(s.executeQuery());
        }
    }

    static String rows(ResultSet r) throws SQLException {
        List<List<String>> found = new ArrayList<>();
        while (r.next()) {
            List<String> row = new ArrayList<>();
            for (int n = 1; n <= r.getMetaData().getColumnCount(); n++) row.add(r.getString(n));
            found.add(row);
        }
        return found.toString();
    }

    static List<String> column(ResultSet r, String name) throws SQLException {
        List<String> found = new ArrayList<>();
        try (r) { while (r.next()) found.add(r.getString(name)); }
        return found;
    }

    static void refused(String state, String text) throws SQLException {
        try {
            run(text);
        } catch (SQLException e) {
            equal(e.getSQLState() + " " + e.getMessage(), state + " " + e.getMessage());
            return;
        }
        throw new AssertionError("not refused; wanted " + state);
    }

    static void equal(Object found, Object wanted) {
        if (!Objects.equals(found, wanted)) throw new AssertionError("found  " + found + "\nwanted " + wanted);
    }

    static void holds(Collection<String> found, String... wanted) {
        if (!found.containsAll(List.of(wanted))) throw new AssertionError("found  " + found + "\nwanted " + List.of(wanted));
    }

    static void step(String name, Body body) { step(name, null, body); }

    static void step(String name, String waitsFor, Body body) {
        try {
            body.run();
            ok++;
            tell("ok", waitsFor == null ? name : name + " [" + waitsFor + " has come]");
        } catch (Throwable e) {
            String said = String.valueOf(e.getMessage());
            if (waitsFor != null && LAKEWIRE) {
                later++;
                tell("later", name + " (waits for " + waitsFor + ": " + said.split("\n")[0] + ")");
            } else {
                failed++;
                tell("FAILED", name);
                if (GO_ON) {
                    System.out.println("         " + said);
                } else {
                    e.printStackTrace(System.out);
                    System.out.println(ok + " passed, 1 failed");
                    System.exit(1);
                }
            }
            try { if (!c.getAutoCommit()) { c.rollback(); c.setReadOnly(false); c.setAutoCommit(true); } } catch (SQLException gone) { }
        }
    }

    static void tell(String outcome, String name) {
        System.out.printf("  %-6s %s: %s%n", outcome, System.getenv("CLIENT_TOOL"), name);
    }
}
