"""Rows rewritten between a real PostgreSQL and its drivers: what stands in a withheld value's place is valid to them.

tests/postgres/row_relay.cc stands between: it logs in by SCRAM, cuts every row at random places and rewrites it.
"""

import asyncio
import datetime
import decimal
import ipaddress
import os
import subprocess
import uuid

import asyncpg
import psycopg2
import psycopg2.extras
import pytest

from addresses import free_port
from postgres_server import PostgresServer
from programs import beside

ROLE, SECRET = "reader", "secret of the reader"
CANARY = "ada@canary.example"
BIG = 200_000

# Type, a value as SQL, what stands in its place in Python's words (text by psycopg2, binary by asyncpg).
TYPES = {
    "text": (f"'{CANARY}'", "[REDACTED]"),
    "varchar(40)": (f"'{CANARY}'", "[REDACTED]"),
    "char(30)": (f"'{CANARY}'", "[REDACTED]"),
    "name": (f"'{CANARY}'", "[REDACTED]"),
    "bytea": (f"'{CANARY}'", b"[REDACTED]"),
    "bool": ("true", False),
    "int2": ("7", 0),
    "int4": ("7", 0),
    "int8": ("7", 0),
    "float4": ("7.5", 0.0),
    "float8": ("7.5", 0.0),
    "numeric": ("4111111111111111.25", decimal.Decimal(0)),
    "uuid": ("'c0ffee00-0000-4000-8000-000000000000'", uuid.UUID(int=0)),
    "date": ("'1815-12-10'", datetime.date(2000, 1, 1)),
    "time": ("'12:34:56'", datetime.time(0)),
    "timetz": ("'12:34:56+02'", datetime.time(0, tzinfo=datetime.timezone.utc)),
    "timestamp": ("'1815-12-10 12:34:56'", datetime.datetime(2000, 1, 1)),
    "timestamptz": ("'1815-12-10 12:34:56+00'", datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)),
    "interval": ("'3 days'", datetime.timedelta(0)),
    "json": (f"""'{{"email": "{CANARY}"}}'""", "[REDACTED]"),
    "jsonb": (f"""'{{"email": "{CANARY}"}}'""", "[REDACTED]"),
    "inet": ("'192.0.2.7'", ipaddress.ip_address("0.0.0.0")),
    "cidr": ("'192.0.2.0/24'", ipaddress.ip_network("0.0.0.0/32")),
    "text[]": (f"ARRAY['{CANARY}', 'b']", []),
    "int4[]": ("ARRAY[1, 2]", []),
    "uuid[]": ("ARRAY['c0ffee00-0000-4000-8000-000000000000'::uuid]", []),
    "int4range": ("'[1,7)'", None),
    "mood": (f"'{CANARY}'", None),
    "contact": (f"ROW('{CANARY}', 7)", None),
}


@pytest.fixture(scope="module")
def server(binary):
    relay = beside(binary, "row_relay")
    found = PostgresServer(f"127.0.0.1:{free_port()}")
    found.relay = relay
    try:
        found.start()
        columns = ", ".join(f"c{number} {kind}" for number, kind in enumerate(TYPES))
        values = ", ".join(value for value, _ in TYPES.values())
        found.run(f"""CREATE ROLE {ROLE} LOGIN PASSWORD '{SECRET}';
                      CREATE TYPE mood AS ENUM ('{CANARY}', 'sad'); CREATE TYPE contact AS (email text, number int);
                      CREATE TABLE every (id int PRIMARY KEY, {columns}, tail text);
                      INSERT INTO every VALUES (1, {values}, 'tail'), (2, {', '.join(['NULL'] * len(TYPES))}, NULL);
                      CREATE TABLE people (id int PRIMARY KEY, email text UNIQUE, card text, note text);
                      INSERT INTO people VALUES (1, '{CANARY}', '4111111111111111', 'plain');
                      CREATE VIEW everybody AS SELECT id, email AS mail FROM people;
                      CREATE VIEW everybody_else AS SELECT mail FROM everybody;
                      CREATE TABLE orders (id int, item text); INSERT INTO orders VALUES (1, 'pen');
                      CREATE TABLE large (id int, body text, secret text);
                      INSERT INTO large VALUES (1, repeat('b', {BIG}), repeat('{CANARY}', 20));
                      CREATE FUNCTION shout(e text) RETURNS int LANGUAGE plpgsql
                        AS $$ BEGIN RAISE NOTICE 'it is %', e; RAISE EXCEPTION 'it was %', e; END $$;
                      GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO {ROLE}""")
        yield found
    finally:
        found.stop()


class Relay:
    """Between its `with` and its end."""

    def __init__(self, server, *masks, lost="deny", tls="plain", secret=SECRET, hold=65536):
        self._command = [server.relay, str(server.port), ROLE, secret, tls, lost, str(hold), *masks]

    def __enter__(self):
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(self, *_):
        self._process.kill()
        self.said = self._process.communicate()[1]

    def connect(self):
        return psycopg2.connect(host="127.0.0.1", port=self.port, user=ROLE, dbname="shop", connect_timeout=20)

    def ask(self, statement):
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall()
        finally:
            connection.close()

    def ask_in_binary(self, statement):
        async def run():
            connection = await asyncpg.connect(host="127.0.0.1", port=self.port, user=ROLE, database="shop",
                                               ssl=False, timeout=20)
            try:
                return [tuple(row) for row in await connection.fetch(statement)]
            finally:
                await connection.close()
        return asyncio.run(run())


def masked_columns():
    return [f"public.every.c{number}" for number in range(len(TYPES))]


def simple(value):
    """psycopg2 gives some types as text."""
    if isinstance(value, memoryview):
        return bytes(value)
    return value


def test_stand_ins_of_every_type_are_valid_in_text(server):
    with Relay(server, *masked_columns()) as relay:
        first, second = relay.ask("SELECT * FROM every ORDER BY id")
    assert (first[0], first[-1]) == (1, "tail")
    for (kind, (_, stand_in)), value in zip(TYPES.items(), first[1:-1]):
        expected = {"uuid": str(uuid.UUID(int=0)), "inet": "0.0.0.0", "cidr": "0.0.0.0/32",
                    "uuid[]": "{}"}.get(kind, stand_in)
        assert simple(value) == expected, kind
    assert second == (2, *[None] * (len(TYPES) + 1))


def test_stand_ins_of_every_type_are_valid_in_binary(server):
    with Relay(server, *masked_columns(), lost="numbers") as relay:
        first, second = relay.ask_in_binary("SELECT * FROM every ORDER BY id")
    assert (first[0], first[-1]) == (1, "tail")
    for (kind, (_, stand_in)), value in zip(TYPES.items(), first[1:-1]):
        expected = '"[REDACTED]"' if kind.startswith("json") else stand_in
        assert value == expected, kind
    assert second == (2, *[None] * (len(TYPES) + 1))


def test_columns_that_are_not_withheld_arrive_as_they_are(server):
    with Relay(server, "public.every.c0", lost="numbers") as relay:
        masked = relay.ask("SELECT * FROM every WHERE id = 1")[0]
        masked_binary = relay.ask_in_binary("SELECT * FROM every WHERE id = 1")[0]
    with Relay(server, lost="numbers") as relay:
        direct = relay.ask("SELECT * FROM every WHERE id = 1")[0]
        direct_binary = relay.ask_in_binary("SELECT * FROM every WHERE id = 1")[0]
    assert masked == direct[:1] + ("[REDACTED]",) + direct[2:]
    assert masked_binary == direct_binary[:1] + ("[REDACTED]",) + direct_binary[2:]


@pytest.mark.parametrize("statement", [
    "SELECT email FROM people", "SELECT email AS x FROM people", "SELECT x FROM (SELECT email AS x FROM people) s",
    "WITH m AS MATERIALIZED (SELECT email FROM people) SELECT * FROM m", "SELECT p.* FROM people AS p(a, b, c, d)",
    "TABLE people", "SELECT p FROM people p", "DECLARE c CURSOR FOR SELECT email FROM people; FETCH c",
    "INSERT INTO people VALUES (7, 'x', 'y', 'z') ON CONFLICT DO NOTHING RETURNING email"])
def test_a_column_is_withheld_whatever_it_is_called(server, statement):
    with Relay(server, "public.people.email") as relay:
        rows = relay.ask(statement)
    assert rows and CANARY not in str(rows)
    server.run("DELETE FROM people WHERE id <> 1")


@pytest.mark.parametrize("statement", [
    "SELECT email || '' FROM people", "SELECT upper(email) FROM people", "SELECT string_agg(email, '') FROM people",
    "SELECT email FROM people UNION SELECT email FROM people", "SELECT to_json(p) FROM people p",
    "SELECT ARRAY(SELECT email FROM people)", "SELECT CASE WHEN true THEN email END FROM people",
    "SELECT mail FROM everybody", "SELECT mail FROM everybody_else",
    "SELECT query_to_xml('select email from people', true, true, '')"])
def test_where_lineage_is_lost_the_answer_is_not_given(server, statement):
    with Relay(server, "public.people.email") as relay, pytest.raises(psycopg2.Error, match="lost lineage"):
        relay.ask(statement)


def test_where_lineage_is_lost_texts_are_looked_at_if_the_rule_says_so(server):
    with Relay(server, "public.people.email", lost="scan") as relay:
        assert relay.ask("SELECT card || '', note || '' FROM people") == [("[CARD]", "plain")]
        assert relay.ask("SELECT 4111111111111111::int8 + 0, 17 + 0") == [(0, 17)]
        assert relay.ask_in_binary("SELECT 4111111111111111::int8 + 0, 17 + 0") == [(0, 17)]


@pytest.mark.parametrize("statement", [
    "SELECT email::int FROM people", "SELECT shout(email) FROM people", "SELECT email::uuid FROM people",
    f"INSERT INTO people VALUES (9, '{CANARY}', '', '')", "SELECT email::date FROM people"])
def test_errors_and_notices_carry_no_value(server, statement):
    with Relay(server, "public.people.email", lost="scan") as relay:
        connection = relay.connect()
        with pytest.raises(psycopg2.Error) as caught:
            connection.cursor().execute(statement)
        said = str(caught.value) + str(caught.value.diag.message_detail) + "".join(connection.notices)
        connection.close()
    assert CANARY not in said and "withheld by gabion" in said
    direct = server.run  # the server itself says it
    with pytest.raises(AssertionError, match=CANARY):
        direct(statement)


def test_notifications_and_parameters_carry_no_value(server):
    with Relay(server, "public.people.email", lost="scan") as relay:
        connection = relay.connect()
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("LISTEN news")
            cursor.execute("SELECT pg_notify('news', email) FROM people")
            cursor.execute("SELECT set_config('application_name', email, false) FROM people")
        connection.poll()
        assert [(note.channel, note.payload) for note in connection.notifies] == [("news", "")]
        assert connection.get_parameter_status("application_name") == ""
        assert connection.get_parameter_status("server_version").startswith("15.")
        connection.close()


def test_a_row_longer_than_is_held_keeps_its_length(server):
    with Relay(server, "public.large.secret", hold=1024) as relay:
        assert relay.ask("SELECT id, body, secret FROM large") == [(1, "b" * BIG, "*" * (20 * len(CANARY)))]
        assert relay.ask("SELECT secret, body, id FROM large") == [("[REDACTED]", "b" * BIG, 1)]
    with Relay(server, "public.large.body", hold=1024) as relay:
        assert relay.ask("SELECT id, body, id FROM large") == [(1, "[REDACTED]", 1)]


def test_the_wrong_secret_is_refused_by_the_server(server):
    with Relay(server, secret="wrong") as relay, pytest.raises(psycopg2.OperationalError, match="refuses"):
        relay.connect()


def test_scram_is_bound_to_the_servers_certificate(server):
    data = server.folder / "data"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=db",
                    "-keyout", data / "server.key", "-out", data / "server.crt"], check=True, capture_output=True)
    owner = data.stat()
    for name in ("server.key", "server.crt"):
        os.chown(data / name, owner.st_uid, owner.st_gid)
        os.chmod(data / name, 0o600)
    server.run("ALTER SYSTEM SET ssl = on")
    server.run("SELECT pg_reload_conf()")
    with Relay(server, tls="tls") as relay:
        assert relay.ask("SELECT 1") == [(1,)]
