"""Rules for rows through a pair of sidecars to a real server: columns withheld, results cut, errors without values."""

import asyncio
import io

import asyncpg
import psycopg2
import pytest

from addresses import Subnet, split
from postgres_bed import PostgresBed
from postgres_server import OWNER, PASSWORD, PostgresServer
from waiting import until

CANARY = "ada@canary.example"
ITEM = {"users": [OWNER], "databases": ["shop"], "tables": ["public.*"],
        "statements": ["SELECT", "INSERT", "UPDATE", "DELETE", "TCL", "DECLARE", "FETCH", "CLOSE", "COPY"], "mask": [{"column": "public.people.email", "with": "Redact"}]}


def policy(*items):
    rule = {"name": "web", "action": "Allow", "from": [{"serviceAccount": {"namespace": "shop", "name": "web"}}],
            "ports": [{"port": 5432}], "protocol": "PostgreSQL", "sql": list(items)}
    return {"apiVersion": "gabion.dev/v1alpha1", "kind": "L7Policy", "metadata": {"name": "db", "namespace": "shop"},
            "spec": {"podSelector": {"matchLabels": {"app": "orders"}}, "ingress": [rule]}}


@pytest.fixture(scope="module")
def server():
    found = PostgresServer(Subnet().endpoint(34))
    try:
        found.start()
        found.run(f"""CREATE TABLE people (id int PRIMARY KEY, email text UNIQUE, note text);
                      INSERT INTO people VALUES (1, '{CANARY}', 'plain'), (2, NULL, 'none');
                      CREATE VIEW everybody AS SELECT email AS mail FROM people;
                      CREATE TABLE many (id int); INSERT INTO many SELECT generate_series(1, 1000)""")
        yield found
    finally:
        found.stop()


@pytest.fixture(scope="module")
def bed(binary, tmp_path_factory, server):
    found = PostgresBed(binary, tmp_path_factory.mktemp("masking"), server)
    try:
        found.mesh.put_policy(policy(ITEM))
        yield found.start()
        assert found.crashes() == []
    finally:
        found.stop()


def connect(bed):
    host, port = split(bed.calls)
    return psycopg2.connect(host=host, port=port, user=OWNER, password=PASSWORD, dbname="shop", connect_timeout=20)


def ask(bed, statement):
    connection = connect(bed)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize("statement, rows", [
    ("SELECT email FROM people ORDER BY id", [("[REDACTED]",), (None,)]),
    ("SELECT * FROM people ORDER BY id", [(1, "[REDACTED]", "plain"), (2, None, "none")]),
    ("SELECT x FROM (SELECT email AS x, id FROM people) s ORDER BY id", [("[REDACTED]",), (None,)]),
    ("SELECT count(*) FROM people", [(2,)]),
    ("SELECT id, note FROM people WHERE email = 'ada@canary.example'", [(1, "plain")]),
    ("UPDATE people SET note = note WHERE id = 1 RETURNING email", [("[REDACTED]",)]),
    ("DECLARE c CURSOR FOR SELECT email FROM people ORDER BY id; FETCH ALL FROM c", None),
    ("SELECT id FROM many WHERE id = 7", [(7,)])])
def test_what_leaves_of_a_column_that_is_withheld(bed, statement, rows):
    if rows is None:
        connection = connect(bed)
        with connection.cursor() as cursor:
            for one in statement.split(";"):
                cursor.execute(one)
            assert cursor.fetchall() == [("[REDACTED]",), (None,)]
        connection.close()
    else:
        assert ask(bed, statement) == rows


@pytest.mark.parametrize("statement", [
    "SELECT upper(email) FROM people", "SELECT email || '' FROM people",
    "SELECT email FROM people UNION SELECT email FROM people"])
def test_a_statement_that_loses_the_lineage_is_denied_and_the_session_goes_on(bed, statement):
    connection = connect(bed)
    connection.autocommit = True
    with connection.cursor() as cursor:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(statement)
        cursor.execute("SELECT email FROM people WHERE id = 1")
        assert cursor.fetchall() == [("[REDACTED]",)]
    connection.close()


@pytest.mark.parametrize("statement", [
    "SELECT mail FROM everybody", "DECLARE c CURSOR FOR SELECT upper(email) FROM people; FETCH c"])
def test_a_result_nobody_can_tell_the_origin_of_ends_the_session(bed, statement):
    connection = connect(bed)
    with connection.cursor() as cursor, pytest.raises(psycopg2.Error) as caught:
        for one in statement.split(";"):
            cursor.execute(one)
        assert CANARY not in str(cursor.fetchall())
    assert CANARY not in str(caught.value)


def test_errors_carry_no_value(bed):
    connection = connect(bed)
    with connection.cursor() as cursor:
        with pytest.raises(psycopg2.errors.UniqueViolation) as caught:
            cursor.execute(f"INSERT INTO people VALUES (3, '{CANARY}', '')")
    connection.close()
    assert CANARY not in str(caught.value) and caught.value.diag.message_detail is None


def test_prepared_statements_in_binary(bed):
    async def run():
        host, port = split(bed.calls)
        connection = await asyncpg.connect(host=host, port=port, user=OWNER, password=PASSWORD, database="shop",
                                           ssl=False, timeout=20)
        try:
            found = [tuple(row) for row in await connection.fetch("SELECT id, email FROM people ORDER BY id")]
            prepared = await connection.prepare("SELECT email, id FROM people WHERE id = $1")
            return found, [tuple(await prepared.fetchrow(1)) for _ in range(3)]
        finally:
            await connection.close()
    assert asyncio.run(run()) == ([(1, "[REDACTED]"), (2, None)], [("[REDACTED]", 1)] * 3)


def test_a_result_is_cut_at_the_rule_s_rows(binary, tmp_path, server):
    bed = PostgresBed(binary, tmp_path, server)
    try:
        bed.mesh.put_policy(policy({**{key: value for key, value in ITEM.items() if key != "mask"},
                                    "limits": {"rows": 100}}))
        bed.start()
        connection = connect(bed)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM many LIMIT 100")
            assert len(cursor.fetchall()) == 100
            with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="row-limit"):
                cursor.execute("SELECT id FROM many")
            cursor.execute("SELECT count(*) FROM many")
            assert cursor.fetchall() == [(1000,)]
        connection.close()
    finally:
        bed.stop()


ANYTHING = {"users": [OWNER], "databases": ["shop"], "tables": ["public.*"], "functions": ["*"],
            "mask": [{"column": "public.people.email", "with": "Redact"},
                     {"column": "public.new_*.email", "with": "Redact"}]}


@pytest.fixture(scope="module")
def defining(binary, tmp_path_factory, server):
    found = PostgresBed(binary, tmp_path_factory.mktemp("defining"), server)
    try:
        found.mesh.put_policy(policy(ANYTHING))
        yield found.start()
        assert found.crashes() == []
    finally:
        found.stop()


def test_what_a_session_defines_is_known_to_it_at_once(defining, server):
    connection = connect(defining)
    with connection.cursor() as cursor:  # in one transaction that nobody else sees
        cursor.execute("CREATE TABLE new_one (id int)")
        cursor.execute("ALTER TABLE new_one ADD COLUMN email text")
        cursor.execute(f"INSERT INTO new_one VALUES (1, '{CANARY}')")
        cursor.execute("SELECT * FROM new_one")
        assert cursor.fetchall() == [(1, "[REDACTED]")]
        cursor.execute("CREATE VIEW new_view AS SELECT email AS mail FROM people")
        with pytest.raises(psycopg2.Error) as caught:
            cursor.execute("SELECT mail FROM new_view")
        assert CANARY not in str(caught.value)
    connection.close()
    assert server.run("SELECT count(*) FROM pg_class WHERE relname LIKE 'new!_%' ESCAPE '!'") == "0"


def test_what_others_define_is_asked_for_before_it_is_told(defining, server):
    connection = connect(defining)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM people WHERE id = 1")
            server.run("CREATE TABLE new_two (id int); INSERT INTO new_two VALUES (1)")
            with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="ask again"):
                cursor.execute("SELECT * FROM new_two")
            cursor.execute("SELECT * FROM new_two")
            assert cursor.fetchall() == [(1,)]
            server.run(f"ALTER TABLE new_two ADD COLUMN email text; UPDATE new_two SET email = '{CANARY}'")
            found = []

            def is_known():
                try:
                    cursor.execute("SELECT * FROM new_two")
                except psycopg2.errors.InsufficientPrivilege:
                    return False
                found.extend(cursor.fetchall())
                return True
            until(is_known, "the column that was added is known")
            assert found == [(1, "[REDACTED]")]
    finally:
        connection.close()
        server.run("DROP TABLE IF EXISTS new_two")


@pytest.mark.parametrize("number", range(4))
def test_what_others_define_is_known_once_a_long_answer_was_stopped(defining, server, number):
    """The answer's end and that of the connection which stops it come in any order."""
    connection = connect(defining)
    connection.autocommit = True
    table = f"new_long_{number}"
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM people WHERE id = 1")
            server.run(f"CREATE TABLE {table} AS SELECT generate_series(1, 100000) AS id")
            with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="ask again"):
                cursor.execute(f"SELECT * FROM {table}")
            cursor.execute(f"SELECT * FROM {table}")
            assert len(cursor.fetchall()) == 100000
    finally:
        connection.close()
        server.run(f"DROP TABLE IF EXISTS {table}")


def test_an_unnamed_statement_outlives_the_catalogue_s_question(defining):
    async def run():
        host, port = split(defining.calls)
        connection = await asyncpg.connect(host=host, port=port, user=OWNER, password=PASSWORD, database="shop",
                                           ssl=False, timeout=20)
        try:
            prepared = await connection.prepare("SELECT email, id FROM people WHERE id = $1")
            await connection.execute("CREATE TEMP TABLE mine (id int)")
            rows = [tuple(await prepared.fetchrow(1)) for _ in range(2)]
            await connection.execute("INSERT INTO mine VALUES (7)")
            return rows, await connection.fetchval("SELECT id FROM mine")
        finally:
            await connection.close()
    assert asyncio.run(run()) == ([("[REDACTED]", 1)] * 2, 7)


@pytest.fixture(scope="module")
def searching(binary, tmp_path_factory, server):
    """A function: a session where lost lineage is searched; without `dlp` nobody would search."""
    beds = []

    def start(mode, dlp=True):
        bed = PostgresBed(binary, tmp_path_factory.mktemp("lineage"), server)
        beds.append(bed)
        bed.mesh.put_policy(policy({**ITEM, "lostLineage": mode}))
        profiles = {"rows": {"types": ["EMAIL_ADDRESS"], "rules": [{"action": "replace"}]}}
        bed.start_far(**({"inspection": {"dlp": {"profiles": profiles}, "profiles": {"default": {"dlp": "rows"}}}} if dlp else {}))
        bed.start_near()
        return bed

    yield start
    crashes = [line for bed in beds for line in bed.crashes()]
    for bed in beds:
        bed.stop()
    assert crashes == []


LOST = ["SELECT lower(email) FROM people WHERE id = 1", "SELECT email FROM people WHERE id = 1 UNION SELECT ''",
        "SELECT mail FROM everybody WHERE mail IS NOT NULL", "SELECT string_agg('<' || email || '>', '') FROM people"]


def test_where_the_lineage_is_lost_values_are_searched_if_the_rule_says_so(searching):
    bed = searching("Scan")
    found = [str(ask(bed, statement)) for statement in LOST]
    assert all("[EMAIL" in one and CANARY not in one for one in found), found
    assert ask(bed, "SELECT email, note || '' FROM people WHERE id = 1") == [("[REDACTED]", "plain")], "known is covered"
    connection = connect(bed)
    with connection.cursor() as cursor, io.StringIO() as copied:
        cursor.copy_expert("COPY (SELECT lower(email), id FROM people WHERE id = 1) TO STDOUT", copied)
        assert "[EMAIL" in copied.getvalue() and CANARY not in copied.getvalue()
        with pytest.raises(psycopg2.Error) as caught:
            cursor.execute("SELECT lower(email)::int FROM people")
        assert CANARY not in str(caught.value)
    connection.close()


@pytest.mark.parametrize("mode, dlp", [("Deny", True), ("Scan", False)])
def test_it_is_denied_by_default_and_where_nobody_searches(searching, mode, dlp):
    bed = searching(mode, dlp)
    with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="masking"):
        ask(bed, LOST[0])
    with pytest.raises(psycopg2.Error) as caught:
        ask(bed, "SELECT mail FROM everybody")
    assert CANARY not in str(caught.value)
