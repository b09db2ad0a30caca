"""The differential gate: thousands of statements go to a real PostgreSQL 15 with pgaudit, and to us.

Each goes to the server straight and through `gabion run`, by the simple and by the extended protocol. What the server accepts
we parse and let through, what it refuses by grammar we refuse; what the client reads is the same, message for message, errors
word for word, rows in any order. The relations pgaudit reports of what went through the proxy are the relations we report, with the access it
reports. Every exception is one function below, with its reason.
"""

import re

import pytest

import bed
import corpus
import wire

GENERATED = 2000
SEED = 20260101
SYNTAX = "42601"
PARENTS = {"public.parts": {"public.parts_low", "public.parts_high"}}
BEHIND = {  # what views read: pgaudit names it too, the statement does not
    "public.v_people": {"public.people"},
    "shop.v_items": {"shop.items", "public.orders"},
    "public.m_orders": {"public.orders"},
}
ACCESS = {"SELECT": "select", "INSERT": "insert", "UPDATE": "update", "DELETE": "delete"}
INSIDE = (["REFRESH MATERIALIZED VIEW"],)  # runs statements of its own on tables of its own
TABLES = ("TABLE", "VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE")
# The server says 42601 of these too, but read them: what they mean is wrong.
MEANING = {"SELECT xmlforest(max(t)) FROM people": "only a column names itself there"}
LEXICAL = (SYNTAX, "22025")  # 22025: an escape in a literal that is none
DENIED = "42501"
REFUSED = {"SET client_encoding = 'LATIN1'": "denied by policy: setting: client_encoding"}
PROTOCOLS = {"simple": wire.query, "extended": wire.extended}


def statements():
    return [text for _, text in corpus.hand_written()] + corpus.generated(GENERATED, SEED)


@pytest.fixture(scope="module")
def facts(facts_of):
    return facts_of(statements())


@pytest.fixture(scope="module")
def prepared(postgres):
    bed.prepare(postgres)
    return postgres


@pytest.fixture(scope="module")
def proxy(binary, prepared, tmp_path_factory):
    running = bed.Proxy(binary, tmp_path_factory.mktemp("gate"), prepared, bed.permissive())
    yield running
    running.stop()


@pytest.fixture(scope="module", params=sorted(PROTOCOLS))
def protocol(request):
    return request.param


@pytest.fixture(scope="module")
def denied(protocol, proxy):
    """A function: how many denials were counted since this protocol's turn began."""
    count = lambda: proxy.sidecar.metric("gabion_postgres_denied_total")  # noqa: E731
    before = count()
    return lambda: count() - before


@pytest.fixture(scope="module")
def pairs(protocol, denied, prepared, proxy, facts):
    """[(statement, our facts, outcome straight, outcome through the proxy)]"""
    found = []
    for address, port in (("127.0.0.1", prepared.port), (proxy.address, proxy.port)):
        running = bed.Bed(prepared, address, port, PROTOCOLS[protocol])
        found.append([running.run(text, known["kinds"]) for text, known in zip(statements(), facts)])
        running.close()
    return list(zip(statements(), facts, *found))


@pytest.fixture(scope="module")
def outcomes(pairs):
    """[(statement, our facts, SQLSTATE or "", audit lines)] of the proxy."""
    return [(text, known, through.error.get("C", ""), through.audit) for text, known, _, through in pairs]


def test_the_corpus_is_broad_and_mostly_runs(outcomes):
    kinds = {kind for _, facts, _, _ in outcomes for kind in facts["kinds"]}
    ran = sum(error == "" for _, _, error, _ in outcomes)
    print(f"{len(outcomes)} statements, {len(kinds)} kinds, {ran} ran")
    assert len(outcomes) >= 2000
    assert len(kinds) >= 100
    assert ran >= 0.9 * len(outcomes), [(text, error) for text, _, error, _ in outcomes if error][:20]


def refusal(text, known):
    """What the proxy says whatever rules say; None where it must say what the server says."""
    if known["error"]:
        return "denied by policy: parse-error"
    return REFUSED.get(text)


def has_rows_of_its_own(text):
    """Plans and costs, clocks, and numbers of objects are others each time."""
    return re.search(r"^EXPLAIN|\bnow\(\)|current_timestamp|localtime|SELECT c\.oid", text) is not None


def test_the_client_reads_the_same_through_the_proxy(pairs):
    different, alike, refused = [], 0, 0
    for text, known, straight, through in pairs:
        reason = refusal(text, known)
        refused += reason is not None
        is_alike = straight.answer == through.answer and (straight.rows == through.rows or has_rows_of_its_own(text))
        alike += is_alike
        if (through.error.get("C"), through.error.get("M")) != (DENIED, reason) if reason else not is_alike:
            different.append((text, straight[:2], through[:2]))
    print(f"{len(pairs)} statements, {alike} answered alike, {refused} refused")
    assert different == []
    assert alike + refused == len(pairs)


def test_nothing_else_was_denied(pairs, denied, protocol):
    """Where a Parse is denied, the Bind and the Execute of a name that nobody made are the same denial."""
    assert denied() == sum(refusal(text, known) is not None for text, known, _, _ in pairs)


def test_what_the_server_accepts_we_parse_and_what_it_refuses_we_refuse(pairs):
    different = [(text, straight.error, known["error"]) for text, known, straight, _ in pairs
                 if (straight.error.get("C") in LEXICAL) != (known["error"] != "") and not is_other_syntax(text, straight.error)]
    assert different == []


def is_other_syntax(text, error):
    """42601 of what could be read: the meaning is wrong, or there is more than one statement where one may be prepared."""
    return error.get("C") == SYNTAX and (text in MEANING or error["R"] == "exec_parse_message")


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
        if error != "" or facts["kinds"][:1] in INSIDE:
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
        if error != "" or facts["kinds"][:1] in INSIDE or names_something_else(text):
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
