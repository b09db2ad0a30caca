"""The differential gate: thousands of statements go to a real PostgreSQL 15 with pgaudit, and to us.

What the server accepts we parse, what it refuses by grammar we refuse; the relations pgaudit reports are the relations we
report, with the access it reports. Every exception is one function below, with its reason.
"""

import re

import psycopg2
import pytest

import corpus

GENERATED = 2000
SEED = 20260101
SYNTAX = "42601"
PARENTS = {"public.parts": {"public.parts_low", "public.parts_high"}}
BEHIND = {  # what views read: pgaudit names it too, the statement does not
    "public.v_people": {"public.people"},
    "shop.v_items": {"shop.items", "public.orders"},
    "public.m_orders": {"public.orders"},
}
ALONE = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "VACUUM", "DISCARD")  # cannot stand in our transaction, or end it
ACCESS = {"SELECT": "select", "INSERT": "insert", "UPDATE": "update", "DELETE": "delete"}
INSIDE = (["REFRESH MATERIALIZED VIEW"],)  # runs statements of its own on tables of its own
TABLES = ("TABLE", "VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE")
# The server says 42601 of these too, but read them: what they mean is wrong.
MEANING = {"SELECT xmlforest(max(t)) FROM people": "only a column names itself there"}
LEXICAL = (SYNTAX, "22025")  # 22025: an escape in a literal that is none


def statements():
    return [text for _, text in corpus.hand_written()] + corpus.generated(GENERATED, SEED)


class Bed:
    """One connection; each statement runs in a transaction that is rolled back."""

    def __init__(self, server):
        self.server = server
        self.connection = psycopg2.connect(host="127.0.0.1", port=server.port, user="tester", dbname="postgres")
        self.connection.autocommit = True
        self.cursor = self.connection.cursor()
        self.cursor.execute("CREATE EXTENSION pgaudit")
        self.cursor.execute((corpus.FOLDER / "schema.txt").read_text())
        self.server.audit()

    def send(self, text):
        if text.lstrip().upper().startswith("COPY"):
            with open("/dev/null", "wb") as sink:
                self.cursor.copy_expert(text, sink)
        else:
            self.cursor.execute(text)

    def run(self, text, kinds):
        """(SQLSTATE or None, what pgaudit wrote)."""
        alone = bool(set(kinds) & set(ALONE))
        if not alone:
            self.cursor.execute("BEGIN")
        self.server.audit()
        error = None
        try:
            self.send(text)
        except psycopg2.Error as failed:
            error = failed.pgcode or f"psycopg2: {failed}"
        lines = self.server.audit()
        self.cursor.execute("ROLLBACK")
        self.cursor.execute("SET SESSION AUTHORIZATION DEFAULT; RESET ALL; DEALLOCATE ALL; UNLISTEN *; CLOSE ALL")
        return error, lines


@pytest.fixture(scope="module")
def outcomes(postgres, facts_of):
    """[(statement, our facts, SQLSTATE, audit lines)]"""
    texts = statements()
    bed = Bed(postgres)
    return [(text, facts, *bed.run(text, facts["kinds"])) for text, facts in zip(texts, facts_of(texts))]


def test_the_corpus_is_broad_and_mostly_runs(outcomes):
    kinds = {kind for _, facts, _, _ in outcomes for kind in facts["kinds"]}
    ran = sum(error is None for _, _, error, _ in outcomes)
    print(f"{len(outcomes)} statements, {len(kinds)} kinds, {ran} ran")
    assert len(outcomes) >= 2000
    assert len(kinds) >= 100
    assert ran >= 0.9 * len(outcomes), [(text, error) for text, _, error, _ in outcomes if error][:20]


def test_what_the_server_accepts_we_parse_and_what_it_refuses_we_refuse(outcomes):
    different = [(text, error, facts["error"]) for text, facts, error, _ in outcomes
                 if (error in LEXICAL) != (facts["error"] != "") and not (error == SYNTAX and text in MEANING)]
    assert different == []
    assert all(error == SYNTAX for text, _, error, _ in outcomes if text in MEANING)


# ---- relations ------------------------------------------------------------------------------------------------------

def our_relations(facts):
    """{(schema.name, access)} as the server resolves them; the schemas are those of schema.txt."""
    resolved = set()
    for schema, name, access in facts["relations"]:
        catalogue = not schema and name.startswith("pg_")
        resolved.add((f"{schema or ('pg_catalog' if catalogue else 'public')}.{name}", access))
    return resolved


def audited(lines):
    """[(class, command, kind of object, schema.name)] of relations."""
    return [(line[2], line[3], line[4], line[5].replace('"', "").replace("pg_temp.", "public."))
            for line in lines if line[4] in TABLES]  # a name without a schema, after TEMP, is put into pg_temp


def behind(names):
    """Relations that the server reaches through those named."""
    reached = set()
    for name in names:
        reached |= BEHIND.get(name, set()) | PARENTS.get(name, set())
        if name.startswith("information_schema."):
            reached.add("pg_catalog")
    return reached


def is_reached(name, reached):
    return name in reached or (name.split(".")[0] in ("pg_catalog", "information_schema") and "pg_catalog" in reached)


def dml(lines):
    return {(name, ACCESS[command]) for kind, command, _, name in audited(lines)
            if kind in ("READ", "WRITE") and command in ACCESS}


def test_the_relations_pgaudit_reports_are_those_we_report(outcomes):
    different, compared, dropped = [], 0, 0
    for text, facts, error, lines in outcomes:
        if error is not None or facts["kinds"][:1] in INSIDE:
            continue
        theirs, ours = dml(lines), our_relations(facts)
        compared += bool(theirs)
        names = {name for name, access in ours if access != "ddl"}  # what is defined pgaudit tells as DDL: below
        missed = {(name, access) for name, access in theirs
                  if not is_reached(name, behind(names)) and not is_covered(name, access, ours)}
        unreported = names - {name for name, _ in theirs} if theirs else set()
        dropped += bool(unreported)
        if missed or not is_explained(facts, unreported, text):
            different.append((text, sorted(ours), sorted(theirs)))
    print(f"{compared} statements with relations compared, {dropped} with a sub-query the planner dropped")
    assert different == []
    assert compared >= 1500


def is_covered(name, access, ours):
    """FOR UPDATE needs the privilege to update: pgaudit says update where we say select and lock."""
    return (name, access) in ours or (access == "update" and (name, "lock") in ours)


def is_explained(facts, unreported, text):
    """The planner drops a sub-query that a constant makes unreachable, and a WITH query that nobody reads, before privileges
    are looked at: pgaudit does not see them. They are read-only, and the twin names them."""
    reads = {name for name, access in our_relations(facts) if access in ("select", "lock")}
    writes = {name for name, access in our_relations(facts) if access not in ("select", "lock")}
    droppable = re.search(r"\bWITH\b|\(\s*(WITH|SELECT)\b", text) is not None
    return not unreported or (droppable and unreported <= reads - writes and facts["ours"] == facts["theirs"])


def names_something_else(text):
    """pgaudit tells the new name of what is renamed or moved, what CASCADE drops too, and the schema that CREATE SCHEMA
    gives to the tables in it."""
    return re.search(r"RENAME TO|SET SCHEMA|CASCADE$|^CREATE SCHEMA", text) is not None


def test_definitions_name_what_pgaudit_names(outcomes):
    different = []
    for text, facts, error, lines in outcomes:
        if error is not None or facts["kinds"][:1] in INSIDE or names_something_else(text):
            continue
        ours = {name for name, _ in our_relations(facts)}
        missed = {name for kind, _, _, name in audited(lines) if kind == "DDL"} - ours - behind(ours)
        if missed:
            different.append((text, sorted(ours), sorted(missed)))
    assert different == []


# ---- the twin -------------------------------------------------------------------------------------------------------

def test_the_walk_names_what_the_json_names(outcomes):
    different = [(text, facts["ours"], facts["theirs"]) for text, facts, _, _ in outcomes
                 if facts["error"] == "" and facts["ours"] != facts["theirs"]]
    assert different == []
