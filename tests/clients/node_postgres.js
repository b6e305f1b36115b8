// node-postgres with its cursor, its query stream and its COPY streams.
// needs: node
"use strict";

const { pipeline } = require("node:stream/promises");
const { Readable, Writable } = require("node:stream");
const { Client, Pool, types } = require("pg");
const Cursor = require("pg-cursor");
const QueryStream = require("pg-query-stream");
const copy = require("pg-copy-streams");
const { step, equal, refused, run } = require("steps.js");

const FLIGHTS = "336776";
const client = new Client();

const one = async (text, values) => Object.values((await client.query(text, values)).rows[0])[0];

step(`version ${require("pg/package.json").version}: connected`, async () => {
  await client.connect();
  await client.query("DROP SCHEMA IF EXISTS node_postgres CASCADE; CREATE SCHEMA node_postgres");
  await client.query("SET search_path = node_postgres, public");
});

step("the flights, with and without parameters", async () => {
  equal(await one("SELECT count(*) FROM curated.flights"), FLIGHTS);
  const { rows } = await client.query(
    "SELECT origin, count(*)::int AS n FROM curated.flights WHERE month = $1 GROUP BY origin ORDER BY origin", [1]);
  equal(rows.map((row) => row.origin), ["EWR", "JFK", "LGA"]);
  equal(rows.reduce((sum, row) => sum + row.n, 0), 27004);
  equal(await one("SELECT count(*)::int FROM curated.flights WHERE origin = ANY($1)", [["JFK"]]), 111279);
});

step("each type there and back", async () => {
  const at = new Date("2024-02-29T12:34:56.789Z");
  const values = [true, 5, "9007199254740993", 1.5, "12.340", "ü'\\", Buffer.from([0, 255]), at, [1, 2, 3], ["a,b", null]];
  const declared = ["boolean", "integer", "bigint", "double precision", "numeric", "text", "bytea", "timestamptz",
    "integer[]", "text[]"];
  const list = declared.map((name, i) => `$${i + 1}::${name} AS v${i}`).join(", ");
  const { rows, fields } = await client.query(`SELECT ${list}`, values);
  equal(Object.values(rows[0]), values);
  equal(fields.map((field) => field.dataTypeID), [16, 23, 20, 701, 1700, 25, 17, 1184, 1007, 1009]);
  equal(await one("SELECT $1::date::text", ["2024-02-29"]), "2024-02-29");
  equal(await one("SELECT $1::int", [null]), null);
  const array = await client.query({ text: "SELECT 1, 'a'", rowMode: "array" });
  equal(array.rows, [[1, "a"]]);
});

step("json there and back", async () => {
  equal(await one("SELECT $1::json", [{ a: [1, null] }]), { a: [1, null] });
  equal(await one("SELECT $1::jsonb -> 'a' -> 0", [{ a: [1, null] }]), 1);
});

step("results in binary", async () => {
  const { rows } = await client.query({ text: "SELECT 7::int AS a, true AS b, 'x'::text AS c", binary: true });
  equal(rows[0], { a: 7, b: true, c: "x" });
});

step("prepared statements by name", async () => {
  for (let n = 0; n < 5; n += 1) {
    const { rows } = await client.query({ name: "plus", text: "SELECT $1::int + 1 AS n", values: [n] });
    equal(rows, [{ n: n + 1 }]);
  }
});

step("several statements in one text", async () => {
  const results = await client.query("SELECT 1 AS a; SELECT 2 AS b, 3 AS c");
  equal(results.map((result) => result.rows), [[{ a: 1 }], [{ b: 2, c: 3 }]]);
});

step("writes, transactions, counts", async () => {
  await client.query("CREATE TABLE item (id integer, name text, price numeric(10,2))");
  const inserted = await client.query("INSERT INTO item SELECT n, 'name ' || n, n / 4.0 FROM generate_series(1, 500) AS s(n)");
  equal([inserted.command, inserted.rowCount], ["INSERT", 500]);
  await client.query("BEGIN");
  await client.query("INSERT INTO item VALUES ($1, $2, $3)", [501, "gone", 0]);
  equal(await one("SELECT count(*)::int FROM item"), 501);
  await client.query("ROLLBACK");
  equal(await one("SELECT count(*)::int FROM item"), 500);
});

step("errors with code, place and table", async () => {
  const error = await refused("42P01", () => client.query("SELECT * FROM nowhere"));
  equal([error.severity, error.position], ["ERROR", "15"]);
  await refused("22P02", () => client.query("SELECT $1::int", ["x"]));
  await refused("22012", () => client.query("SELECT 1 / 0"));
  equal(await one("SELECT 1"), 1);
});

step("pg-cursor reads in pieces and is closed early", async () => {
  const cursor = client.query(new Cursor("SELECT id FROM item WHERE id > $1 ORDER BY id", [10]));
  equal((await cursor.read(3)).map((row) => row.id), [11, 12, 13]);
  equal((await cursor.read(100)).length, 100);
  await cursor.close();
  equal(await one("SELECT 1"), 1);
});

step("pg-query-stream over a month of flights", async () => {
  let seen = 0;
  const stream = client.query(new QueryStream("SELECT flight, day FROM curated.flights WHERE month = $1", [2], { batchSize: 1000 }));
  for await (const row of stream) seen += row.flight > 0 ? 1 : 0;
  equal(seen, 24951);
});

step("COPY in and out by streams", async () => {
  await client.query("CREATE TABLE copied (id integer, name text)");
  const lines = Array.from({ length: 2000 }, (_, n) => `${n}\tname ${n}\n`);
  const into = client.query(copy.from("COPY copied FROM STDIN"));
  await pipeline(Readable.from(lines), into);
  equal(into.rowCount, 2000);
  const parts = [];
  const out = client.query(copy.to("COPY (SELECT * FROM copied ORDER BY id) TO STDOUT"));
  await pipeline(out, new Writable({ write(part, _, done) { parts.push(part); done(); } }));
  equal(Buffer.concat(parts).toString(), lines.join(""));
  await refused("22P02", () => pipeline(Readable.from(["x\ty\n"]), client.query(copy.from("COPY copied FROM STDIN"))));
  equal(await one("SELECT count(*)::int FROM copied"), 2000);
});

step("a pool with many queries at once", async () => {
  const pool = new Pool({ max: 4 });
  const counts = await Promise.all(Array.from({ length: 12 }, async (_, month) => {
    const { rows } = await pool.query("SELECT count(*)::int AS n FROM curated.flights WHERE month = $1", [month + 1]);
    return rows[0].n;
  }));
  equal(String(counts.reduce((a, b) => a + b)), FLIGHTS);
  await pool.end();
});

step("parsers of one's own, notices, the catalog", async () => {
  const numbers = { getTypeParser: (oid, format) => (oid === 20 ? Number : types.getTypeParser(oid, format)) };
  equal((await client.query({ text: "SELECT count(*) AS n FROM item", types: numbers })).rows, [{ n: 500 }]);
  const heard = [];
  client.on("notice", (notice) => heard.push(notice.message));
  await client.query("DROP TABLE IF EXISTS never_was");
  equal(heard, ['table "never_was" does not exist, skipping']);
  const { rows } = await client.query(
    "SELECT table_name, column_name, data_type FROM information_schema.columns " +
    "WHERE table_catalog = current_database() AND table_schema = $1 AND table_name = $2 ORDER BY ordinal_position",
    ["node_postgres", "item"]);
  equal(rows.map((row) => row.data_type), ["integer", "text", "numeric"]);
});

run(() => client.end());
