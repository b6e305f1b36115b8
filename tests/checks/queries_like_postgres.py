"""Random queries over the same rows in lakewire and in a PostgreSQL 15: each answer must be the same, row for row.

Tables, rows and queries come from a seed, which is printed: joins of all kinds, subqueries that look outside, IN and
NOT IN among NULLs, ANY and ALL, aggregates with FILTER and DISTINCT, GROUPING SETS, windows, set operations, DISTINCT
ON, LATERAL, recursion, LIMIT. Every query orders its rows by all it selects, so that the order is compared too. A
query that differs is cut down before it is shown. What lakewire refuses by name (0A000) is counted, not compared.
"""
# ci: --seed 21 --cases 400

import argparse
import random
import shutil
import tempfile
import time

from support import packages

packages.ensure()

import psycopg

from support.lakewire import Lakewire
from support.postgres import Postgres

COLUMNS = {"i": "int", "j": "int", "k": "bigint", "n": "numeric", "s": "text", "r": "text", "d": "date", "b": "bool"}
TABLES = {"t": 24, "u": 15, "v": 6, "e": 0}
TYPES = {"n": "numeric(8,2)", "b": "boolean"}
WORDS = ["", "a", "b", "ab", "B", "zed", "É", "a%", "10"]


class Query:
    """A query by its parts, any of which may be dropped to make it smaller."""

    def __init__(self, before=""):
        self.before, self.items, self.joins, self.where, self.having = before, [], [], [], []
        self.group, self.distinct, self.tail, self.more, self.source = "", "", "", [], ""

    def text(self):
        select = f"SELECT {self.distinct}{', '.join(f'{text} AS c{i}' for i, text in enumerate(self.items))}"
        text = f"{self.before}{select} FROM {self.source}{''.join(self.joins)}"
        text += f" WHERE {' AND '.join(self.where)}" if self.where else ""
        text += f" GROUP BY {self.group}" if self.group else ""
        text += f" HAVING {' AND '.join(self.having)}" if self.having else ""
        text += "".join(f" {word} {other}" for word, other in self.more)
        return f"{text} ORDER BY {', '.join(str(i + 1) for i in range(len(self.items)))}{self.tail}"

    def smaller(self):
        """Queries with one part less."""
        for name in ("joins", "where", "having", "more"):
            for i in range(len(getattr(self, name))):
                yield self.copy(**{name: [p for j, p in enumerate(getattr(self, name)) if j != i]})
        if len(self.items) > 1 and not self.more and not self.distinct.startswith("DISTINCT ON"):
            for i in range(len(self.items)):
                yield self.copy(items=[p for j, p in enumerate(self.items) if j != i])
        for name in ("tail", "distinct", "before"):
            if getattr(self, name):
                yield self.copy(**{name: ""})

    def copy(self, **changed):
        other = Query()
        other.__dict__.update({**self.__dict__, **changed})
        return other


class Maker:
    def __init__(self, seed):
        self.random, self.names = random.Random(seed), 0

    def one(self, *choices):
        return self.random.choice(choices)

    def chance(self, of):
        return self.random.random() < of

    def alias(self):
        self.names += 1
        return f"x{self.names}"

    # ---- values

    def literal(self, kind):
        if self.chance(0.08):
            return f"NULL::{TYPES.get(kind, {'s': 'text', 'd': 'date'}.get(kind, 'int'))}"
        if kind == "i":
            return str(self.random.randint(-2, 9))
        if kind == "n":
            return f"{self.random.randint(-300, 900) / 100:.2f}"
        if kind == "d":
            return f"DATE '2024-0{self.random.randint(1, 3)}-{self.random.randint(1, 28):02}'"
        return self.one("true", "false") if kind == "b" else f"'{self.one(*WORDS)}'"

    def column(self, scope, kind):
        wanted = {"i": "ij", "n": "n", "s": "sr", "d": "d", "b": "b"}[kind]
        found = [f"{alias}.{c}" for alias, columns in scope for c in columns if c in wanted]
        return self.one(*found) if found else self.literal(kind)

    def value(self, scope, kind, depth=2):
        """An expression of the kind: i(nteger), n(umeric), s (text), d(ate), b(oolean)."""
        if depth == 0 or self.chance(0.35):
            return self.literal(kind) if self.chance(0.15) else self.column(scope, kind)
        less = lambda k: self.value(scope, k, depth - 1)
        if self.chance(0.15):
            case = f"CASE WHEN {self.condition(scope, depth - 1)} THEN {less(kind)} "
            return case + (f"ELSE {less(kind)} END" if self.chance(0.7) else "END")
        if self.chance(0.15):
            return f"{self.one('coalesce', 'nullif', 'greatest', 'least')}({less(kind)}, {less(kind)})"
        if depth > 1 and self.chance(0.1):
            return self.scalar(scope, kind, depth - 1)
        if kind == "i":
            divided = f"({less('i')} {self.one('/', '%')} nullif({less('i')}, 0))"
            plain = f"({less('i')} {self.one('+', '-', '*')} {self.literal('i')})"
            return self.one(divided, plain, f"length({less('s')})", f"abs({less('i')})", f"({less('d')} - {less('d')})", f"extract(day FROM {less('d')})::int")
        if kind == "n":
            plain = f"({less('n')} {self.one('+', '-')} {less('n')})"
            return self.one(plain, f"round({less('n')}, 1)", f"({less('n')} * {self.literal('i')})", f"({less('i')} + {less('n')})", f"-{self.column(scope, 'n')}")
        if kind == "s":
            return self.one(f"({less('s')} || {less('s')})", f"upper({less('s')})", f"{less('i')}::text", f"left({less('s')}, 2)", f"{less('n')}::text", f"{less('b')}::text", f"coalesce({less('d')}::text, '-')", f"replace({less('s')}, 'a', 'zz')")
        if kind == "d":
            return self.one(f"({less('d')} + {self.random.randint(-9, 9)})", f"date_trunc('month', {less('d')})::date", self.column(scope, "d"))
        return f"({self.condition(scope, depth - 1)})"

    def scalar(self, scope, kind, depth):
        """A subquery of one value, which may look outside."""
        alias, columns = self.alias(), list(COLUMNS)
        inner = [(alias, columns)]
        table = self.one(*TABLES)
        best = self.one("min", "max") if kind != "b" else self.one("bool_and", "bool_or")
        if kind == "i" and self.chance(0.4):
            best = "count"
        value = f"{best}({self.value(inner + scope * self.chance(0.4), kind, 1)})"
        value += "::int" if best == "count" else ""
        return f"(SELECT {value} FROM {table} {alias} WHERE {self.condition(inner + scope, min(depth, 1))})"

    def condition(self, scope, depth=2):
        kind = self.one("i", "i", "n", "s", "d")
        less = lambda k=kind: self.value(scope, k, max(depth - 1, 0))
        if depth > 0 and self.chance(0.25):
            return f"({self.condition(scope, depth - 1)} {self.one('AND', 'OR')} {self.condition(scope, depth - 1)})"
        if depth > 0 and self.chance(0.1):
            return f"NOT ({self.condition(scope, depth - 1)})"
        if depth > 1 and self.chance(0.3):
            return self.subquery_condition(scope, kind)
        compared = self.one("=", "=", "<>", "<", ">=", ">")
        simple = f"{less()} {compared} {less()}"
        return self.one(
            simple, simple, simple,
            f"{less()} IS {self.one('', 'NOT ')}NULL",
            f"{less()} {self.one('', 'NOT ')}IN ({less()}, {self.literal(kind)}, {self.literal(kind)})",
            f"{less()} {self.one('', 'NOT ')}BETWEEN {less()} AND {less()}",
            f"{less()} IS {self.one('', 'NOT ')}DISTINCT FROM {less()}",
            f"{less('s')} {self.one('', 'NOT ')}LIKE '{self.one('a%', '%b%', '_', '%')}'",
            f"{less('b')} IS {self.one('', 'NOT ')}{self.one('TRUE', 'FALSE', 'UNKNOWN')}",
            f"({less()}, {less('i')}) {self.one('=', '<', '>=')} ({less()}, {less('i')})",
            self.column(scope, "b"),
        )

    def subquery_condition(self, scope, kind):
        alias = self.alias()
        inner = [(alias, list(COLUMNS))]
        outside = inner + scope if self.chance(0.7) else inner
        rest = f"FROM {self.one(*TABLES)} {alias} WHERE {self.condition(outside, 1)}"
        left, right = self.value(scope, kind, 1), self.value(outside if self.chance(0.2) else inner, kind, 1)
        return self.one(
            f"{self.one('', 'NOT ')}EXISTS (SELECT 1 {rest})",
            f"{left} {self.one('', 'NOT ')}IN (SELECT {right} {rest})",
            f"{left} {self.one('=', '<', '>=', '<>')} {self.one('ANY', 'ALL')} (SELECT {right} {rest})",
            f"({left}, {self.value(scope, 'i', 1)}) {self.one('', 'NOT ')}IN (SELECT {right}, {self.value(inner, 'i', 1)} {rest})",
        )

    # ---- relations

    def relation(self, scope, depth):
        """What stands in FROM, its alias and its columns; LATERAL looks at those before it."""
        alias, columns = self.alias(), list(COLUMNS)
        if depth == 0 or self.chance(0.6):
            return f"{self.one('t', 't', 'u', 'u', 'v', 'e')} {alias}", (alias, columns)
        lateral = bool(scope) and self.chance(0.5)
        inner = self.alias()
        own = [(inner, columns)]
        seen = own + scope if lateral else own
        kinds = self.random.sample("insdb", self.random.randint(2, 4))
        names = {"i": "i", "n": "n", "s": "s", "d": "d", "b": "b"}
        items = [f"{self.value(seen, k, 1)} AS {names[k]}" for k in kinds]
        text = f"SELECT {', '.join(items)} FROM {self.one(*TABLES)} {inner} WHERE {self.condition(seen, 1)}"
        if self.chance(0.3):
            alone = [f"{self.aggregate(own, k)} AS {names[k]}" for k in kinds]
            text = f"SELECT {', '.join(alone)} FROM {self.one(*TABLES)} {inner} WHERE {self.condition(seen, 1)}"
        elif self.chance(0.2):
            text += f" {self.one('UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT ALL')} SELECT {', '.join(self.literal(k) for k in kinds)}"
        elif self.chance(0.25):
            text += f" ORDER BY {', '.join(str(i + 1) for i in range(len(kinds)))} LIMIT {self.random.randint(0, 4)}"
        return f"{'LATERAL ' if lateral else ''}({text}) {alias}", (alias, [names[k] for k in kinds])

    def sources(self, query):
        text, bound = self.relation([], 1)
        query.source, scope = text, [bound]
        for _ in range(self.random.choice([0, 0, 1, 1, 1, 2])):
            how = self.one("JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN")
            looks = scope if how in ("JOIN", "LEFT JOIN", "CROSS JOIN") else []
            text, bound = self.relation(looks, 1)
            both = scope + [bound]
            on = f" ON {self.value([bound], 'i', 0)} = {self.value(scope, 'i', 0)}"
            on += f" AND {self.condition(both, 1)}" if how != "FULL JOIN" and self.chance(0.4) else ""
            query.joins.append(f" {how} {text}{'' if how == 'CROSS JOIN' else on}")
            scope = both
        return scope

    def aggregate(self, scope, kind=None):
        kind = kind or self.one(*"iinsdb")
        value = self.value(scope, kind, 1)
        distinct = "DISTINCT " if self.chance(0.25) else ""
        if kind in "in":
            text = self.one(f"sum({distinct}{value})::numeric", f"min({value})", f"max({value})", f"round(avg({value}), 3)")
            if kind == "i":
                text = self.one(f"count({distinct}{value})", "count(*)", f"sum({distinct}{value})", f"max({value})")
        elif kind == "b":
            text = f"{self.one('bool_and', 'bool_or')}({value})"
        elif kind == "s":
            text = self.one(f"min({value})", f"max({value})", f"string_agg({value}, ',' ORDER BY {value})", f"string_agg({distinct}{value}, ',' ORDER BY {value})")
        else:
            text = f"{self.one('min', 'max')}({value})"
        text, cast = (text[: -len("::numeric")], "::numeric") if text.endswith("::numeric") else (text, "")
        filtered = f" FILTER (WHERE {self.condition(scope, 1)})" if self.chance(0.25) and not text.startswith("round") else ""
        text = f"{text}{filtered}{cast}"
        return f"({text})::int" if kind == "i" else text

    def window(self, scope):
        part = f"PARTITION BY {self.value(scope, self.one(*'isb'), 1)} " if self.chance(0.6) else ""
        # Peers have the same value: ranks and frames by RANGE do not depend on which of them comes first.
        way = self.one("", " DESC", " NULLS FIRST", " DESC NULLS LAST")
        over = f"({part}ORDER BY {self.value(scope, self.one(*'inds'), 1)}{way}"
        kind = self.one(*"iin")
        value = self.value(scope, kind, 1)
        frame = self.one("", " RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING", " GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING")
        left_out = self.one("CURRENT ROW", "GROUP", "TIES", "NO OTHERS")
        frame += f" EXCLUDE {left_out}" if frame and self.chance(0.5) else ""
        return self.one(
            f"rank() OVER {over})", f"dense_rank() OVER {over})", f"cume_dist() OVER {over})::numeric(9, 6)",
            f"sum({value}) OVER {over}{frame})", f"count({value}) OVER {over}{frame})", f"max({value}) OVER {over}{frame})",
            f"min({value}) OVER ({part})",
        )

    def query(self):
        query = Query()
        if self.chance(0.06):
            return self.recursive(query)
        scope = self.sources(query)
        query.where = [self.condition(scope) for _ in range(self.random.choice([0, 0, 1, 1, 2]))]
        kinds = [self.one(*"iinssdb") for _ in range(self.random.randint(1, 4))]
        form = self.random.random()
        if form < 0.3:
            self.grouped(query, scope)
        elif form < 0.4:
            query.items = [self.window(scope) for _ in range(2)] + [self.value(scope, k) for k in kinds]
        elif form < 0.5:
            keys = [self.value(scope, k, 1) for k in kinds[:2]]
            query.items = keys + [self.value(scope, "s", 0)] * self.chance(0.5)
            query.distinct = f"DISTINCT ON ({', '.join(keys)}) "
        elif form < 0.65:
            query.items = [self.value(scope, k) for k in kinds]
            for _ in range(self.random.randint(1, 2)):
                other = Query()
                inside = self.sources(other)
                other.items = [self.value(inside, k, 1) for k in kinds]
                other.where = [self.condition(inside, 1)]
                word = self.one("UNION", "UNION ALL", "INTERSECT", "INTERSECT ALL", "EXCEPT", "EXCEPT ALL")
                query.more.append((word, other.text().split(" ORDER BY 1")[0]))
        else:
            query.items = [self.value(scope, k) for k in kinds]
            query.distinct = "DISTINCT " if self.chance(0.15) else ""
        if self.chance(0.3):
            query.tail = f" LIMIT {self.random.randint(0, 9)}" + (f" OFFSET {self.random.randint(0, 3)}" if self.chance(0.4) else "")
        return query

    def grouped(self, query, scope):
        keys = [self.column(scope, k) for k in self.random.sample("isdb", self.random.randint(0, 2))]
        query.items = keys + [self.aggregate(scope) for _ in range(self.random.randint(1, 3))]
        if keys:
            query.group = ", ".join(keys)
            if self.chance(0.3):
                query.group = self.one(f"ROLLUP ({query.group})", f"CUBE ({query.group})", f"GROUPING SETS (({query.group}), ({keys[0]}), ())")
                query.items += [f"grouping({keys[0]})"]
        if self.chance(0.35):
            query.having = [f"{self.aggregate(scope, 'i')} {self.one('>', '<', '=', '<>')} {self.literal('i')}"]

    def recursive(self, query):
        limit = self.random.randint(2, 6)
        word = self.one("UNION", "UNION ALL")
        step = self.one("r.i + 1, r.s || 'x' FROM r", "t.j, t.s FROM t JOIN r ON t.i = r.i", "r.i + 1, v.s FROM r JOIN v ON v.i = r.i")
        query.before = f"WITH RECURSIVE r (i, s, depth) AS (SELECT i, s, 0 FROM u WHERE i < 4 {word} SELECT {step.replace(' FROM', ', depth + 1 FROM', 1)} WHERE depth < {limit}) "
        query.source, scope = "r", [("r", ["i", "s"])]
        query.items = [self.value(scope, "i", 1), self.value(scope, "s", 1), "depth"]
        query.where = [self.condition(scope, 1)]
        return query


def rows_of(maker, count):
    for number in range(count):
        row = [maker.literal(kind) for kind in ("i", "i", "i", "n", "s", "s", "d", "b")]
        yield f"({', '.join(['NULL' if '::' in v or maker.chance(0.1) else v for v in row])})"


def tables(seed):
    maker = Maker(seed)
    for name, count in TABLES.items():
        columns = ", ".join(f"{c} {TYPES.get(c, kind)}" for c, kind in COLUMNS.items())
        yield f"CREATE TABLE {name} ({columns})"
        rows = list(rows_of(maker, count))
        # Several files of lakewire's.
        for part in (rows[::2], rows[1::2]):
            if part:
                yield f"INSERT INTO {name} VALUES {', '.join(part)}"


def answer(connection, text):
    try:
        return connection.execute(text).fetchall()
    except psycopg.errors.QueryCanceled:
        return "57014"
    except psycopg.Error as error:
        return f"{error.sqlstate}: {str(error).splitlines()[0]}"


def state(outcome):
    return outcome[:5] if isinstance(outcome, str) else "rows"


def differ(query, sides):
    """Both answers, if they are to be compared and are not the same."""
    theirs = answer(sides[0], query)
    if isinstance(theirs, str):
        return None, theirs
    ours = answer(sides[1], query)
    if ours == theirs or state(ours) == "0A000":
        return None, ours
    return (theirs, ours), ours


def apart(rows, others):
    """From the first row that is not the same."""
    same = 0 if isinstance(others, str) else next((i for i, (a, b) in enumerate(zip(rows, others)) if a != b), min(len(rows), len(others)))
    return f"{len(rows)} rows, from {same}: {rows[same : same + 6]}"


def cut(query, sides, ends):
    """The smallest query that can be found which differs in the same way."""
    kind = state(differ(query.text(), sides)[1])
    smaller = True
    while smaller and time.perf_counter() < ends:
        smaller = False
        for candidate in query.smaller():
            found, ours = differ(candidate.text(), sides)
            if found and state(ours) == kind:
                query, smaller = candidate, True
                break
    return query


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=20261)
    parser.add_argument("--stop-after", type=int, default=10, help="differences")
    parser.add_argument("--refused", action="store_true", help="print what is refused")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    began, counts, wrong = time.perf_counter(), {}, 0
    folder = tempfile.mkdtemp(prefix="lake")
    with Postgres() as postgres, Lakewire(folder) as server:
        sides = postgres.connect(), server.connect()
        for side in sides:
            side.execute("SET statement_timeout = '20s'")
            side.execute("SET DateStyle = 'ISO'")
            for text in tables(arguments.seed):
                side.execute(text)
        for case in range(arguments.cases):
            seed = f"{arguments.seed}/{case}"
            query = Maker(seed).query()
            found, outcome = differ(query.text(), sides)
            which = "compared" if state(outcome) == "rows" or found else state(outcome)
            counts[which] = counts.get(which, 0) + 1
            if which == "0A000" and arguments.refused:
                print(f"refused {outcome}\n    {query.text()}")
            if found:
                wrong += 1
                small = cut(query, sides, time.perf_counter() + 20)
                theirs, ours = differ(small.text(), sides)[0] or found
                print(f"DIFFERS {seed}\n    {small.text()}\n    PostgreSQL {apart(theirs, ours)}\n    lakewire   {ours if isinstance(ours, str) else apart(ours, theirs)}", flush=True)
                if wrong >= arguments.stop_after:
                    break
    shutil.rmtree(folder, ignore_errors=True)
    print(f"{counts} in {time.perf_counter() - began:.0f} s: {wrong} differ")
    raise SystemExit(wrong > 0)


if __name__ == "__main__":
    main()
