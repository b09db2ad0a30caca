"""Statements for the gate: those of corpus/*.sql, and thousands made from a seed over the same few tables."""

import pathlib
import random

FOLDER = pathlib.Path(__file__).parent / "corpus"
TABLES = ("people", "orders", "shop.items", '"Odd Name"', "parts", "shop.people")
VIEWS = ("v_people", "shop.v_items")
COLUMNS = ("id", "a", "b", "n", "t")  # id, a, b, n: integer; t: text


def hand_written():
    """(file, statement) of every statement; one a line, `--` at the beginning of a line is a comment."""
    for path in sorted(FOLDER.glob("*.sql")):
        for line in path.read_text().splitlines():
            if line and not line.startswith("--"):
                yield path.stem, line


class Maker:
    """Makes statements that PostgreSQL accepts, nearly always."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.depth = 0

    def pick(self, *choices):
        return self.random.choice(choices)

    def chance(self, share):
        return self.random.random() < share

    def relation(self):
        return self.pick(*TABLES, *TABLES, *VIEWS)

    def number(self):
        return self.pick("1", "42", "-7", "1e2::int", "'3'::int", "CAST('5' AS int)", "$$8$$::int", "B'101'::int",
                         "(2 + 3)", "0", "E'\\x31'::int", "12", "U&'\\0031'::int")

    def text(self):
        return self.pick("'x'", "'it''s'", "E'a\\'b'", "$$do'llar$$", "$q$x$$y$q$", "U&'d\\0061t'", "'back\\'", "''",
                         "'-- no comment'", "'; DROP TABLE people'", "'\u00e9\u4e2d'", "E'\\u00e9\\n'", "N'x'")

    def column(self, alias, name=None):
        name = name or self.pick("id", "a", "b", "n")
        return f"{alias}.{name}"

    def expression(self, alias):
        self.depth += 1
        simple = self.depth > 3
        made = self.pick(
            lambda: self.column(alias), lambda: self.number(), lambda: self.column(alias),
            *(() if simple else (
                lambda: f"{self.expression(alias)} {self.pick('+', '-', '*')} {self.expression(alias)}",
                lambda: f"abs({self.expression(alias)})",
                lambda: f"coalesce({self.expression(alias)}, {self.number()})",
                lambda: f"CASE WHEN {self.condition(alias)} THEN {self.expression(alias)} ELSE {self.number()} END",
                lambda: f"(SELECT max({self.expression('q')}) FROM {self.relation()} q)",
                lambda: f"length({alias}.t || {self.text()})",
                lambda: f"(ARRAY[{self.expression(alias)}, 1])[1]",
                lambda: f"greatest({self.expression(alias)}, {self.number()})",
                lambda: f"extract(year FROM now())::int",
                lambda: f"position('x' IN {alias}.t)",
                lambda: f"({self.expression(alias)})::int",
            )))()
        self.depth -= 1
        return made

    def condition(self, alias):
        self.depth += 1
        simple = self.depth > 3
        made = self.pick(
            lambda: f"{self.column(alias)} {self.pick('=', '<', '>=', '<>')} {self.expression(alias)}",
            lambda: f"{alias}.t = {self.text()}",
            lambda: f"{alias}.t LIKE {self.text()}",
            lambda: f"{self.column(alias)} IN ({self.number()}, {self.number()})",
            lambda: f"{self.column(alias)} BETWEEN 1 AND {self.number()}",
            lambda: f"{self.column(alias)} IS NOT NULL",
            *(() if simple else (
                lambda: f"({self.condition(alias)} {self.pick('AND', 'OR')} {self.condition(alias)})",
                lambda: f"NOT ({self.condition(alias)})",
                lambda: f"EXISTS (SELECT 1 FROM {self.relation()} e WHERE e.id = {alias}.id)",
                lambda: f"{self.column(alias)} IN (SELECT {self.column('s')} FROM {self.relation()} s)",
                lambda: f"{self.column(alias)} = ANY (ARRAY(SELECT w.id FROM {self.relation()} w))",
            )))()
        self.depth -= 1
        return made

    def source(self, alias):
        self.depth += 1
        made = self.pick(
            lambda: f"{self.relation()} {self.pick('', 'AS ')}{alias}",
            lambda: f"{self.relation()} {alias}",
            *(() if self.depth > 2 else (
                lambda: f"(SELECT * FROM {self.relation()}) AS {alias}",
                lambda: f"(SELECT i.id, i.a, i.b, i.n, i.t FROM {self.source('i')}) {alias}",
                lambda: f"({self.relation()} {alias} LEFT JOIN {self.relation()} j{alias} USING (id, a))",
                lambda: f"{self.relation()} {alias} JOIN {self.relation()} k{alias} ON k{alias}.id = {alias}.id",
                lambda: f"{self.relation()} {alias} CROSS JOIN LATERAL (SELECT l.n FROM {self.relation()} l"
                        f" WHERE l.id = {alias}.id) x{alias}",
                lambda: f"ONLY {self.pick(*TABLES)} {alias}",
                lambda: f"{self.pick(*TABLES)} {alias} TABLESAMPLE system (50) REPEATABLE (1)",
                lambda: f"(VALUES (1, 2, 3, 4, 'x')) AS {alias} (id, a, b, n, t)",
            )))()
        self.depth -= 1
        return made

    def select(self):
        where = f" WHERE {self.condition('s')}" if self.chance(0.6) else ""
        shape = self.random.randrange(9)
        if shape == 0:
            return f"SELECT * FROM {self.source('s')}{where}"
        if shape == 1:
            return f"SELECT s.a, count(*), sum({self.expression('s')}) FROM {self.source('s')}{where} GROUP BY s.a" \
                   f" HAVING count(*) > {self.number()}"
        if shape == 2:
            return f"SELECT DISTINCT s.a AS x FROM {self.source('s')}{where} ORDER BY x LIMIT 3 OFFSET 1"
        if shape == 3:
            return f"SELECT s.id FROM {self.source('s')}{where} {self.pick('UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT')}" \
                   f" (SELECT z.n FROM {self.source('z')}) ORDER BY 1"
        if shape == 4:
            return f"SELECT row_number() OVER (PARTITION BY s.a ORDER BY s.b), lag(s.n) OVER w FROM {self.source('s')}" \
                   f"{where} WINDOW w AS (ORDER BY s.id)"
        if shape == 5:
            return f"SELECT s.id FROM {self.pick(*TABLES)} s{where} FOR {self.pick('UPDATE', 'SHARE', 'NO KEY UPDATE')}"
        if shape == 6:
            return f"SELECT {self.expression('s')}, s.t || {self.text()} AS c FROM {self.source('s')}{where}"
        if shape == 7:
            return f"SELECT s.a, grouping(s.a) FROM {self.source('s')}{where} GROUP BY ROLLUP (s.a)"
        return f"SELECT {self.expression('s')} FROM {self.source('s')}{where}"

    def with_query(self):
        shape = self.random.randrange(7)
        if shape == 0:
            return f"WITH c AS ({self.select_one()}) SELECT c.id FROM c"
        if shape == 1:
            return f"WITH people AS (SELECT * FROM people WHERE {self.condition('people')}) SELECT id FROM people"
        if shape == 2:
            return f"WITH c AS ({self.select_one()}), d AS (SELECT c.id FROM c) SELECT d.id FROM d, c"
        if shape == 3:
            return f"WITH RECURSIVE r(id) AS (SELECT p.id FROM {self.relation()} p UNION SELECT o.id + 1 FROM orders o, r" \
                   f" WHERE o.a = r.id AND r.id < 5) SELECT id FROM r"
        if shape == 4:
            return f"WITH g AS (DELETE FROM {self.pick(*TABLES)} u WHERE {self.condition('u')} RETURNING u.id)" \
                   f" SELECT g.id FROM g"
        if shape == 5:
            return f"WITH g AS (INSERT INTO {self.pick(*TABLES)} (id, a) SELECT s.id, s.n FROM {self.source('s')}" \
                   f" RETURNING id), h AS (UPDATE orders SET a = 1 WHERE id = 1 RETURNING n) SELECT g.id FROM g, h"
        return f"WITH c AS MATERIALIZED ({self.select_one()}) {self.write('c')}"

    def select_one(self):
        return f"SELECT {self.expression('s')} AS id FROM {self.source('s')} WHERE {self.condition('s')}"

    def write(self, cte=None):
        table = self.pick(*TABLES)
        extra = cte or self.relation()
        returning = self.pick("", "", " RETURNING *", " RETURNING w.id AS x, w.t")
        shape = self.random.randrange(7)
        if shape == 0:
            return f"INSERT INTO {table} AS w (id, a, t) VALUES ({self.number()}, {self.number()}, {self.text()})," \
                   f" (DEFAULT, 2, DEFAULT){returning}" if not cte else \
                   f"INSERT INTO {table} AS w (id) SELECT {cte}.id FROM {cte}{returning}"
        if shape == 1:
            return f"INSERT INTO {table} AS w (id, n) SELECT e.id, 1 FROM {extra} e" \
                   f" ON CONFLICT (id) DO UPDATE SET n = excluded.n + w.a WHERE w.b > 1{returning}"
        if shape == 2:
            return f"UPDATE {table} AS w SET a = {self.expression('w')}, t = {self.text()} WHERE {self.condition('w')}" \
                   f"{returning}" if not cte else f"UPDATE {table} w SET a = {cte}.id FROM {cte} WHERE w.id = {cte}.id"
        if shape == 3:
            return f"UPDATE {table} w SET (a, b) = (SELECT y.id, 1 FROM {extra} y LIMIT 1) WHERE {self.condition('w')}"
        if shape == 4:
            return f"DELETE FROM {table} w USING {extra} y WHERE w.id = y.id AND {self.condition('w')}{returning}"
        if shape == 5:
            return f"DELETE FROM ONLY {table} w WHERE w.id IN (SELECT y.id FROM {extra} y)"
        return f"MERGE INTO {table} w USING {extra} y ON w.id = y.id WHEN MATCHED AND w.a > 1 THEN UPDATE SET n = y.id" \
               f" WHEN MATCHED THEN {self.pick('DELETE', 'DO NOTHING')}" \
               f" WHEN NOT MATCHED THEN INSERT (id, a) VALUES (y.id, 3)"

    def wrapped(self):
        inner = self.pick(self.select, self.with_query)()
        shape = self.random.randrange(7)
        if shape == 0:
            return f"EXPLAIN {self.pick('', '(COSTS off) ', 'ANALYZE ')}{inner}"
        if shape == 1:
            return f"PREPARE p{self.random.randrange(10 ** 6)} AS {self.pick(inner, self.write())}"
        if shape == 2:
            return f"DECLARE c CURSOR FOR {self.select_one()}"
        if shape == 3:
            return f"COPY ({self.select_one()}) TO STDOUT"
        if shape == 4:
            return f"CREATE TEMP TABLE made AS {self.select_one()}"
        if shape == 5:
            return f"CREATE VIEW made AS {self.select_one()}"
        return f"SELECT s.id INTO made FROM {self.source('s')} WHERE {self.condition('s')}"

    def statement(self):
        return self.pick(self.select, self.select, self.with_query, self.write, self.wrapped)()


def generated(count, seed):
    maker = Maker(seed)
    return [maker.statement() for _ in range(count)]
