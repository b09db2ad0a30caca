"""The gate of columns: a role with privileges on exactly the columns we report must be able to run the statement.

PostgreSQL checks privileges on every column it reads or writes: what we miss it denies. Exceptions are in `excused`.
"""

import re

import psycopg2
import pytest

import corpus
import server
import tangles

GENERATED = 2000
TANGLED = 6000
SEED = 20260202
DENIED = "42501"
KINDS = {"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE"}
ACCESS = {"select", "insert", "update", "delete", "lock"}
COLUMNS = ("id", "a", "b", "n", "t")  # of every table of schema.txt
PRIVILEGE = {"select": "SELECT", "insert": "INSERT", "update": "UPDATE", "lock": "UPDATE"}
# What names hide: which range is meant, or that a function is called. Not in the corpus, which is about relations.
HARD = [
    "SELECT (SELECT t FROM people LIMIT 1) FROM (SELECT 1) AS t",
    "SELECT (SELECT t FROM people LIMIT 1) FROM shop.items AS t",
    "SELECT t FROM people, unnest('{1}'::int[]) AS t(x)",
    "SELECT x.t FROM (orders AS x JOIN orders AS y ON true) AS z, people AS x",
    "SELECT shop.people.t FROM people, shop.people",
    "SELECT 1 FROM people AS x WHERE EXISTS (SELECT 1 FROM orders AS x, orders o JOIN orders t ON x.t = '1')",
    "SELECT 1 FROM people AS x WHERE EXISTS (SELECT 1 FROM orders AS x, shop.items TABLESAMPLE bernoulli (x.n))",
    "SELECT p.row_to_json FROM people p",
    "SELECT p.json_agg FROM people p",
    "SELECT shop.people.to_json FROM shop.people",
    "SELECT (p).row_to_json FROM people p",
    "SELECT (SELECT p FROM people p LIMIT 1).to_jsonb",
    "SELECT id AS t, row_number() OVER (ORDER BY t) FROM people",
    "SELECT id AS t FROM people UNION SELECT a FROM orders ORDER BY t",
    "SELECT t(p) FROM people p",
    "SELECT people FROM people",
    "SELECT a.x FROM people AS a(i, x)",
    "SELECT z FROM (people p JOIN orders o ON p.id = o.id) AS z",
    "SELECT j.id FROM people JOIN orders USING (id) AS j",
    "SELECT q FROM people p, LATERAL (SELECT p.t) q",
    "SELECT e.t FROM people p, jsonb_to_record(to_jsonb(p)) AS e(t text)",
    "WITH people AS (SELECT t AS id FROM shop.people) SELECT id FROM people",
    "WITH q AS (SELECT people FROM people) SELECT (people).t FROM q",
    "MERGE INTO people p USING orders o ON p.id = o.id WHEN MATCHED THEN UPDATE SET t = o.t",
    "INSERT INTO people (id) VALUES (100) ON CONFLICT (id) DO UPDATE SET t = people.t || excluded.t RETURNING a",
]


def statements():
    return HARD + [text for _, text in corpus.hand_written()] + corpus.generated(GENERATED, SEED)


def is_known(facts):
    """One statement about rows, of tables of schema.txt alone."""
    names = [name for _, name, _ in facts["relations"]]
    return (facts["error"] == "" and len(facts["kinds"]) == 1 and set(facts["kinds"]) <= KINDS and names and
            not any(name.startswith("pg_") or name == "counter" or schema in ("information_schema", "pg_catalog")
                    for schema, name, _ in facts["relations"]) and
            {access for _, _, access in facts["relations"]} <= ACCESS)


def quoted(schema, name):
    return f'"{schema or "public"}"."{name}"'


def privileges(facts):
    """{(privilege, column, relation)}; column None: of the whole relation."""
    granted = set()
    for schema, name, access in facts["relations"]:
        if access == "delete":
            granted.add(("DELETE", None, quoted(schema, name)))
        elif access == "lock" or not any(how == access and of in (["", ""], [schema, name]) and column in ("*", *COLUMNS)
                                         for *of, column, how in facts["columns"]):
            granted.add((PRIVILEGE[access], "id", quoted(schema, name)))  # the server asks for one, any
    for schema, table, column, access in facts["columns"]:
        owners = [quoted(schema, table)] if table else [quoted(*entry[:2]) for entry in facts["relations"]]
        wanted = COLUMNS if column == "*" else {column} & set(COLUMNS)
        granted |= {(PRIVILEGE[access], each, owner) for each in wanted for owner in owners}
    return granted


def excused(text, facts):
    """What the server asks for beyond the rows that are read: excluded.x is a value of the statement's own, and the columns
    of a constraint that ON CONFLICT names are in the catalogue."""
    target, = {quoted(schema, name) for schema, name, access in facts["relations"] if access == "insert"} or {None}
    columns = set(re.findall(r"\bexcluded\.(\w+)", text)) | ({"id"} if "ON CONFLICT ON CONSTRAINT" in text else set())
    return {("SELECT", column, target) for column in columns if target}


class Role:
    """`reader`, with nothing but what a statement is said to need, until the transaction ends."""

    def __init__(self, port):
        self.connection = psycopg2.connect(host="127.0.0.1", port=port, user="tester", dbname="postgres")
        self.connection.autocommit = True
        self.cursor = self.connection.cursor()
        self.cursor.execute((corpus.FOLDER / "schema.txt").read_text())
        self.cursor.execute("GRANT USAGE ON SCHEMA shop TO reader; GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO reader;"
                            "GRANT USAGE ON ALL SEQUENCES IN SCHEMA shop TO reader")

    def grant(self, wanted):
        for privilege, column, relation in wanted:
            part = f"({column})" if column else ""
            self.cursor.execute("SAVEPOINT one")
            try:
                self.cursor.execute(f"GRANT {privilege} {part} ON {relation} TO reader")
            except psycopg2.Error:  # a view without that column, a relation that is not there
                self.cursor.execute("ROLLBACK TO one")

    def run(self, text, wanted):
        """(SQLSTATE or None, message)."""
        self.cursor.execute("BEGIN")
        try:
            self.grant(wanted)
            self.cursor.execute("SET LOCAL ROLE reader")
            self.cursor.execute(text)
            return None, ""
        except psycopg2.Error as failed:
            return failed.pgcode, str(failed)
        finally:
            self.cursor.execute("ROLLBACK")


@pytest.fixture(scope="module")
def outcomes(facts_of):
    """[(statement, our facts, SQLSTATE, message)]"""
    with server.Server() as running:
        return run_all(running, facts_of, statements())


def run_all(running, facts_of, texts):
    role = Role(running.port)
    return [(text, facts, *role.run(text, privileges(facts) | excused(text, facts)))
            for text, facts in zip(texts, facts_of(texts)) if is_known(facts)]


def test_the_columns_we_report_are_enough(outcomes):
    denied = [(text, facts["columns"], message) for text, facts, code, message in outcomes if code == DENIED]
    ran = sum(code is None for _, _, code, _ in outcomes)
    print(f"{len(outcomes)} statements, {ran} ran")
    assert denied == []
    assert ran >= 1000


def test_names_that_hide_each_other_miss_no_column(facts_of):
    with server.Server() as running:
        outcomes = run_all(running, facts_of, tangles.tangled(TANGLED, SEED))
    denied = [(text, facts["columns"], message) for text, facts, code, message in outcomes if code == DENIED]
    ran = sum(code is None for _, _, code, _ in outcomes)
    print(f"{len(outcomes)} tangled statements, {ran} ran")
    assert denied == []
    assert ran >= 200


def test_a_missing_privilege_is_denied(facts_of):
    """The gate can fail: with one column less the server says no."""
    with server.Server() as running:
        role = Role(running.port)
        text = "SELECT a, t FROM people"
        wanted = privileges(facts_of([text])[0])
        assert role.run(text, wanted)[0] is None
        assert role.run(text, {entry for entry in wanted if entry[1] != "t"})[0] == DENIED
