"""Sessions of PostgreSQL through a pair of sidecars to a real server: psql, psycopg2, and bytes of our own."""

import asyncio
import contextlib
import socket
import struct
import subprocess
import threading
import time

import asyncpg
import psycopg2
import pytest

from addresses import Subnet, split
from certificates import spiffe
from l7_sql import l7_policy, sql_rule
from postgres_bed import PostgresBed, network_policy
from postgres_server import OWNER, PASSWORD, PostgresServer, psql
from postgres_wire import (GSS_REQUEST, SSL_REQUEST, SYNC, Raw, Wire, bind, execute, message, parse, query,
                           startup)
from raw_client import tls_setting
from waiting import until

WEB = spiffe("shop", "web")


@pytest.fixture(scope="module")
def server():
    found = PostgresServer(Subnet().endpoint(30))
    try:
        yield found.start()
    finally:
        found.stop()


@pytest.fixture(scope="module")
def running(binary, tmp_path_factory, server):
    found = PostgresBed(binary, tmp_path_factory.mktemp("postgres"), server)
    try:
        yield found.start()
    finally:
        found.stop()


@pytest.fixture
def bed(running):
    """A pair shared by the file, with nobody connected and empty logs."""
    until(lambda: running.near.connections_open() + running.far.connections_open() == 0, "earlier sessions are over")
    running.forget()
    yield running
    assert running.crashes() == []


@pytest.fixture
def own_bed(binary, tmp_path, server):
    """A pair of this test's own; nothing runs yet."""
    found = PostgresBed(binary, tmp_path, server)
    yield found
    crashes = found.crashes()
    found.stop()
    assert crashes == []


@contextlib.contextmanager
def connect(bed, **options):
    """A connection of psycopg2's, closed at the end."""
    host, port = split(bed.calls)
    settings = {"user": OWNER, "password": PASSWORD, "dbname": "shop", "sslmode": "prefer", "connect_timeout": 20}
    settings.update(options)
    connection = psycopg2.connect(host=host, port=port, **settings)
    try:
        yield connection
    finally:
        connection.close()


# ---- ordinary clients -------------------------------------------------------------------------------------------------


def test_psql_asks_and_is_answered_over_mtls(bed):
    assert bed.psql("SELECT 6 * 7").stdout == "42\n"
    near = bed.near.wait_access(db_name="shop")
    far = bed.far.wait_access(db_name="shop")
    assert (far["method"], far["protocol"], far["db_user"], far["logged_in"]) == ("SESSION", "PostgreSQL", OWNER, True)
    assert (far["peer_spiffe"], far["mutual_tls"], far["verdict"]) == (WEB, True, "allow")
    assert near["peer_spiffe"] == spiffe("shop", "orders")
    assert far["statements"] == 1 and far["rows"] == 1 and far["reason"] == "none"


def test_a_wrong_password_is_the_servers_to_refuse(bed):
    done = bed.psql("SELECT 1", password="wrong", check=False)
    assert done.returncode == 2 and "password authentication failed" in done.stderr
    assert bed.far.wait_access(db_name="shop")["logged_in"] is False


def test_errors_transactions_and_parameters(bed):
    with connect(bed) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE t (id int PRIMARY KEY, note text)")
        cursor.execute("INSERT INTO t VALUES (%s, %s), (2, NULL)", (1, "it's"))
        connection.commit()
        with pytest.raises(psycopg2.errors.UniqueViolation):
            cursor.execute("INSERT INTO t VALUES (1, 'again')")
        with pytest.raises(psycopg2.errors.InFailedSqlTransaction):
            cursor.execute("SELECT 1")
        connection.rollback()
        cursor.execute("SELECT id, note FROM t ORDER BY id")
        assert cursor.fetchall() == [(1, "it's"), (2, None)]
        assert connection.get_parameter_status("server_version").startswith("15.")


def test_a_server_side_cursor_and_a_notification(bed):
    with connect(bed) as connection:
        with connection.cursor("named") as cursor:
            cursor.itersize = 100
            cursor.execute("SELECT generate_series(1, 1000)")
            assert sum(row[0] for row in cursor) == 500500
        with connection.cursor() as cursor:
            cursor.execute("LISTEN news; NOTIFY news, 'hello'")
        connection.commit()
        until(lambda: (connection.poll(), connection.notifies)[1], "the notification")
        assert connection.notifies[0].payload == "hello"


def test_copy_both_ways(bed, tmp_path):
    rows = "".join(f"{number}\t{'x' * 100}\n" for number in range(50_000))
    script = tmp_path / "rows"
    script.write_text(rows)
    with connect(bed) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE c (id int, pad text)")
        with open(script, encoding="ascii") as file:
            cursor.copy_expert("COPY c FROM STDIN", file)
        back = tmp_path / "back"
        with open(back, "w", encoding="ascii") as file:
            cursor.copy_expert("COPY c TO STDOUT", file)
        assert back.read_text() == rows
        with pytest.raises(psycopg2.errors.InvalidTextRepresentation):
            with open(script, encoding="ascii") as file:
                cursor.copy_expert("COPY c (pad, id) FROM STDIN", file)
        connection.rollback()
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_a_large_value_passes_in_bounded_memory(bed):
    before = bed.far.rss_bytes()
    with connect(bed) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT repeat('x', 60000000)")
        assert len(cursor.fetchone()[0]) == 60_000_000
    assert bed.far.rss_bytes() - before < 20_000_000


def test_a_cancel_reaches_the_server_and_only_its_own_session(bed):
    with connect(bed) as connection, connect(bed) as other:
        failures = []

        def sleep():
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_sleep(55)")
            except psycopg2.errors.QueryCanceled as error:
                failures.append(error)

        thread = threading.Thread(target=sleep)
        begun = time.monotonic()
        thread.start()
        until(lambda: bed.server.run("SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(55)' "
                                     "AND state = 'active'") == "1", "the statement runs")
        connection.cancel()
        thread.join(40)
        assert failures and time.monotonic() - begun < 40
        with other.cursor() as cursor:
            cursor.execute("SELECT 1")
    assert bed.far.wait_access(method="CANCEL")["reason"] == "none"


def test_a_key_of_nobodys_cancels_nothing(bed):
    with Raw(bed.calls) as client:
        client.send(struct.pack(">IIII", 16, 80877102, 12345, 67890))
        client.wait_closed()
    assert bed.near.wait_access(method="SESSION", reason="startup_refused")
    assert not bed.far.access()


@pytest.mark.parametrize("mode", ["simple", "extended", "prepared"])
def test_pgbench_runs_in_every_mode(bed, mode):
    bed.server.run("CREATE TABLE IF NOT EXISTS pgbench_accounts (aid int PRIMARY KEY, abalance int);"
                   "INSERT INTO pgbench_accounts SELECT i, 0 FROM generate_series(1, 1000) i ON CONFLICT DO NOTHING")
    script = bed.mesh.folder / "select.sql"
    script.write_text("\\set aid random(1, 1000)\nSELECT abalance FROM pgbench_accounts WHERE aid = :aid;\n")
    host, port = split(bed.calls)
    done = subprocess.run(["/usr/lib/postgresql/15/bin/pgbench", "-n", "-h", host, "-p", str(port), "-U", OWNER, "-M", mode,
                           "-c", "4", "-t", "200", "-f", str(script), "shop"], capture_output=True, text=True, timeout=50,
                          env={"PATH": "/usr/bin:/bin", "PGPASSWORD": PASSWORD}, check=False)
    assert done.returncode == 0, done.stderr
    assert "number of transactions actually processed: 800/800" in done.stdout
    until(lambda: sum(line["statements"] for line in bed.far.access()) >= (4 if mode == "prepared" else 800),
          "the statements are counted")


def asyncpg_connection(bed):
    """Awaited: one of asyncpg's, closed by who asked for it."""
    host, port = split(bed.calls)
    return asyncpg.connect(host=host, port=port, user=OWNER, password=PASSWORD, database="shop", ssl="prefer")


def test_asyncpg_prepares_pipelines_and_uses_cursors(bed):
    async def session():
        connection = await asyncpg_connection(bed)
        try:
            assert await connection.fetchval("SELECT $1::int + 1", 41) == 42
            await connection.execute("CREATE TEMPORARY TABLE many (id int, note text)")
            await connection.executemany("INSERT INTO many VALUES ($1, $2)", [(i, f"n{i}") for i in range(2000)])
            assert await connection.fetchval("SELECT count(*) FROM many") == 2000
            async with connection.transaction():
                assert [row[0] async for row in connection.cursor("SELECT generate_series(1, 200)", prefetch=20)] == \
                    list(range(1, 201))
            await connection.copy_records_to_table("many", records=[(i, "x" * 50) for i in range(5000)])
            with pytest.raises(asyncpg.exceptions.UndefinedTableError):
                await connection.fetch("SELECT * FROM nothing")
            assert await connection.fetchval("SELECT count(*) FROM many") == 7000
        finally:
            await connection.close()

    asyncio.run(session())


def test_a_long_pipeline_of_statements_neither_hangs_nor_grows(bed):
    count = 20_000
    before = bed.near.rss_bytes()
    with connect(bed) as connection, Wire(connection) as wire:
        writer = threading.Thread(target=lambda: wire.send(query("SELECT 1") * count))
        writer.start()
        for _ in range(count):
            assert wire.answers()[0] == "TDCZ"
        writer.join(30)
    assert bed.near.rss_bytes() - before < 20_000_000


# ---- start-up ---------------------------------------------------------------------------------------------------------


def test_encryption_is_declined_and_the_start_goes_on(bed):
    with Raw(bed.calls) as client:
        client.send(GSS_REQUEST)
        assert client.read(1) == b"N"
        client.send(SSL_REQUEST)
        assert client.read(1) == b"N"
        client.send(startup(user=OWNER, database="shop"))
        assert client.message()[0] == "R"


def test_bytes_before_our_answer_end_the_connection(bed):
    with Raw(bed.calls) as client:
        client.send(SSL_REQUEST + startup(user=OWNER))
        assert client.error()["C"] == "08P01"
        client.wait_closed()
    assert bed.near.wait_access(reason="malformed_request")
    assert not bed.far.access()


@pytest.mark.parametrize("parameters, state", [
    ({"search_path": "evil"}, "42501"),
    ({"standard_conforming_strings": "off"}, "42501"),
    ({"role": "postgres"}, "42501"),
    ({"client_encoding": "SJIS"}, "42501"),
    ({"options": "-c search_path=evil"}, "42501"),
    ({"options": "-c standard_conforming_strings=off"}, "42501"),
    ({"options": "--standard-conforming-strings=off"}, "42501"),
    ({"options": "-O"}, "42501"),
    ({"replication": "database"}, "42501"),
    ({"replication": "true"}, "42501"),
])
def test_a_start_that_would_change_what_statements_mean_is_refused(bed, parameters, state):
    with Raw(bed.calls) as client:
        client.send(startup(user=OWNER, database="shop", **parameters))
        error = client.error()
        assert (error["V"], error["C"]) == ("FATAL", state)
        client.wait_closed()
    assert bed.near.wait_access(reason="startup_refused")


def test_options_that_change_nothing_dangerous_reach_the_server(bed):
    environment = {"PGOPTIONS": "-c statement_timeout=12345 -c IntervalStyle=iso_8601", "PGTZ": "Asia/Tokyo"}
    done = bed.psql("SHOW statement_timeout", "SHOW IntervalStyle", "SHOW TimeZone", environment=environment)
    assert done.stdout.split() == ["12345ms", "iso_8601", "Asia/Tokyo"]


def test_version_2_and_unknown_versions_are_refused(bed):
    for version in (131072, 262144):
        with Raw(bed.calls) as client:
            client.send(struct.pack(">II", 8, version))
            assert client.error()["C"] == "0A000"


def test_a_newer_minor_version_is_negotiated_down(bed):
    body = struct.pack(">I", 196610) + b"user\0" + OWNER.encode() + b"\0_pq_.new\0on\0\0"
    with Raw(bed.calls) as client:
        client.send(struct.pack(">I", len(body) + 4) + body)
        kind, body = client.message()
        assert (kind, body) == ("v", struct.pack(">II", 196608, 1) + b"_pq_.new\0")
        assert client.message()[0] == "R"


@pytest.mark.parametrize("bytes_", [b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\4", b"\x7f\xff\xff\xff1234", b"\x16\x03\x01\x02\0"],
                         ids=["HTTP", "too short", "too long", "TLS"])
def test_what_is_no_start_up_packet_is_refused(bed, bytes_):
    with Raw(bed.calls) as client:
        client.send(bytes_)
        client.wait_closed()
    assert bed.near.wait_told("malformed_request", "protocol_mismatch")


@pytest.mark.parametrize("bytes_", [message("S", b"x"), b"Q\0\0\0\3", message("Q", b"SELECT 1"), message("y"),
                                    message("Q", b"SELECT 1\0SELECT 2\0"), message("P", b"\0SELECT 1\0\0\0x"),
                                    b"P\xff\xff\xff\xff"],
                         ids=["sync with a body", "length 3", "no NUL", "unknown type", "NUL within", "trailing bytes",
                              "huge"])
def test_a_malformed_message_ends_the_session_and_goes_nowhere(bed, bytes_):
    with connect(bed) as connection:
        raw = socket.socket(fileno=connection.fileno())
        try:
            raw.sendall(bytes_)
            got = b""
            raw.settimeout(10)
            while b"08P01" not in got:
                piece = raw.recv(65536)
                assert piece, got
                got += piece
        finally:
            raw.detach()
    assert bed.near.wait_access(reason="malformed_request")


# ---- who may ----------------------------------------------------------------------------------------------------------


def test_a_peer_no_policy_allows_is_told_in_the_protocol(own_bed):
    own_bed.mesh.put_policy(network_policy("only-batch", "batch"))
    own_bed.start()
    done = own_bed.psql("SELECT 1", check=False)
    assert done.returncode == 2 and "access denied by policy" in done.stderr
    line = own_bed.far.wait_access(reason="policy_denied")
    assert (line["verdict"], line["peer_spiffe"], line["statements"]) == ("deny", WEB, 0)
    assert own_bed.far.wait_audit(reason="policy_denied")
    own_bed.put_policy(network_policy("only-batch", "web"))
    assert own_bed.psql("SELECT 1").stdout == "1\n"


def test_a_session_that_is_no_longer_allowed_ends_with_57P01(own_bed):
    own_bed.start()
    with connect(own_bed) as connection:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        own_bed.put_policy(network_policy("only-batch", "batch"))
        raw = socket.socket(fileno=connection.fileno())  # libpq takes an error it did not wait for for a notice
        try:
            raw.settimeout(10)
            told = raw.recv(65536)
        finally:
            raw.detach()
    assert b"VFATAL\0C57P01\0Maccess denied by policy\0" in told
    assert own_bed.far.wait_access(reason="policy_changed")["logged_in"] is True


def test_a_drain_lets_a_transaction_end_and_ends_quiet_sessions(own_bed):
    own_bed.start_far(drain={"notice": "100ms", "grace": "20s"})
    own_bed.start_near()
    with connect(own_bed), connect(own_bed) as at_work, at_work.cursor() as cursor:
        cursor.execute("SELECT 1")
        own_bed.far.signal(15)
        until(lambda: own_bed.far.access(reason="drained"), "the quiet session has ended")
        cursor.execute("SELECT 2")
        assert cursor.fetchone() == (2,)
        at_work.commit()
        assert own_bed.far.wait_exit(40) == 0


def test_a_server_that_is_not_there_is_told(own_bed):
    class Nowhere:
        endpoint = Subnet().endpoint(99)

    own_bed.server = Nowhere()
    own_bed.start()
    done = own_bed.psql("SELECT 1", check=False)
    assert done.returncode == 2 and "the service is not available" in done.stderr
    assert own_bed.far.wait_access(reason="upstream_connect_failed")


def test_a_client_of_no_mesh_is_refused_on_a_strict_port(bed):
    done = psql(bed.listen, "SELECT 1", check=False)
    assert done.returncode == 2
    assert bed.far.wait_audit(reason="mtls_required")


def test_another_alpn_is_refused(bed):
    setting = tls_setting(bed.mesh.root.pem, bed.mesh.identity_of("web-0"), alpn=["http/1.1"])
    with pytest.raises(OSError):
        with socket.create_connection(split(bed.listen), 10, (bed.mesh.address("web-0"), 0)) as raw:
            setting.wrap_socket(raw, server_hostname="x").recv(1)
    assert bed.far.wait_told("protocol_mismatch")


# ---- statements -------------------------------------------------------------------------------------------------------


ITEM = {"users": [OWNER], "databases": ["shop"], "statements": ["SELECT", "INSERT", "UPDATE", "DELETE", "TCL", "DECLARE",
                                                                "FETCH", "CLOSE", "PREPARE", "EXECUTE"],
        "tables": ["public.orders"], "requireWhere": ["UPDATE", "DELETE"]}


@pytest.fixture(scope="module")
def tables(server):
    server.run("CREATE TABLE IF NOT EXISTS orders (id int PRIMARY KEY, note text);"
               "CREATE TABLE IF NOT EXISTS secret (id int, word text);"
               "TRUNCATE orders, secret; INSERT INTO orders VALUES (1, 'one'), (2, 'two');"
               "INSERT INTO secret VALUES (1, 'hidden')")


@pytest.fixture(scope="module")
def running_ruled(binary, tmp_path_factory, server, tables):
    found = PostgresBed(binary, tmp_path_factory.mktemp("ruled"), server)
    try:
        found.mesh.put_policy(l7_policy(sql_rule(ITEM)))
        yield found.start()
    finally:
        found.stop()


@pytest.fixture
def ruled(running_ruled):
    """A pair whose far side allows statements on one table."""
    until(lambda: running_ruled.near.connections_open() + running_ruled.far.connections_open() == 0,
          "earlier sessions are over")
    running_ruled.forget()
    yield running_ruled
    assert running_ruled.crashes() == []


def test_asyncpg_by_rule_prepares_pipelines_and_uses_cursors(ruled):
    async def session():
        connection = await asyncpg_connection(ruled)
        try:
            assert await connection.fetchval("SELECT note FROM orders WHERE id = $1", 1) == "one"
            await connection.executemany("INSERT INTO orders VALUES ($1, $2)", [(i, f"n{i}") for i in range(100, 300)])
            async with connection.transaction():
                added = connection.cursor("SELECT id FROM orders WHERE id >= 100 ORDER BY id", prefetch=20)
                assert [row[0] async for row in added] == list(range(100, 300))
            with pytest.raises(asyncpg.exceptions.InsufficientPrivilegeError, match="denied by policy: table: public.secret"):
                await connection.fetch("SELECT * FROM secret")
            assert await connection.execute("DELETE FROM orders WHERE id >= $1", 100) == "DELETE 200"
        finally:
            await connection.close()

    asyncio.run(session())


def test_what_a_rule_allows_runs_and_the_rest_does_not(ruled):
    assert ruled.psql("SELECT note FROM orders WHERE id = 1").stdout == "one\n"
    done = ruled.psql("SELECT * FROM secret", check=False)
    assert done.returncode == 1
    assert done.stderr.strip() == "ERROR:  denied by policy: table: public.secret"
    line = ruled.far.wait_access(statements_denied=1)
    assert (line["reason"], line["errors"]) == ("none", 1)
    told = ruled.far.wait_audit(reason="policy_denied", event="statement", sampled=False)
    assert told["detail"] == "statement: table: public.secret; user owner; database shop"
    assert told["peer_spiffe"] == WEB
    assert "secret" not in ruled.server.output().split("] denied by gabion")[-1]


def test_a_denial_leaves_the_transaction_as_the_server_has_it(ruled):
    with connect(ruled) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("SELECT * FROM secret")
        with pytest.raises(psycopg2.errors.InFailedSqlTransaction):
            cursor.execute("SELECT 1")
        connection.rollback()
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("DELETE FROM orders")
        connection.rollback()
        cursor.execute("SELECT count(*) FROM orders")
        assert cursor.fetchone() == (2,)


def test_cursors_made_by_sql_are_known_by_name(ruled):
    with connect(ruled) as connection:
        with connection.cursor("mine") as cursor:
            cursor.itersize = 1
            cursor.execute("SELECT id FROM orders ORDER BY id")
            assert [row[0] for row in cursor] == [1, 2]
        with connection.cursor() as cursor:
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute("FETCH ALL FROM nobodys")


def test_a_pipeline_is_answered_in_order_with_one_denial_in_its_place(ruled):
    with connect(ruled) as connection, Wire(connection) as wire:
        wire.send(parse("", "SELECT note FROM orders WHERE id = 1") + bind("", "") + execute() +
                  parse("", "SELECT word FROM secret") + bind("", "") + execute() + SYNC +
                  query("SELECT 1") + query("SELECT word FROM secret") + query("SELECT 2"))
        kinds, errors = wire.answers()
        assert (kinds, [error["C"] for error in errors]) == ("12DCEZ", ["42501"])
        assert wire.answers()[0] == "TDCZ"
        kinds, errors = wire.answers()
        assert (kinds, errors[0]["M"]) == ("EZ", "denied by policy: table: public.secret")
        assert wire.answers()[0] == "TDCZ"


def test_names_nobody_made_and_function_calls_are_denied(ruled):
    with connect(ruled) as connection, Wire(connection) as wire:
        for sent in (bind("", "nobodys") + SYNC, execute("nobodys") + SYNC, query("EXECUTE nobodys"),
                     message("F", struct.pack(">IHHH", 2077, 0, 0, 0))):
            wire.send(sent)
            kinds, errors = wire.answers()
            assert (kinds, errors[0]["C"]) == ("EZ", "42501")


def test_a_duplicate_name_keeps_its_old_statement(ruled):
    with connect(ruled) as connection, Wire(connection) as wire:
        wire.send(parse("a", "SELECT 1") + SYNC + parse("a", "SELECT 2") + SYNC + bind("", "a") + execute() + SYNC)
        assert wire.answers() == ("1Z", [])
        kinds, errors = wire.answers()
        assert (kinds, errors[0]["C"]) == ("EZ", "42P05")
        assert wire.answers()[0] == "2DCZ"


def test_sql_and_protocol_share_their_names(ruled):
    with connect(ruled) as connection, Wire(connection) as wire:
        wire.send(query("PREPARE made AS SELECT 1"), bind("", "made") + execute() + SYNC,
                  parse("other", "SELECT 2") + SYNC, query("EXECUTE other"))
        assert [wire.answers()[0] for _ in range(4)] == ["CZ", "2DCZ", "1Z", "TDCZ"]


def test_names_made_and_removed_by_sql_do_not_add_up(bed):
    with connect(bed) as connection, Wire(connection) as wire:
        for begin in range(0, 10_500, 500):
            wire.send(b"".join(query(f"PREPARE n{i} AS SELECT 1") + query(f"DEALLOCATE n{i}")
                               for i in range(begin, begin + 500)))
            assert all(wire.answers() == ("CZ", []) for _ in range(1000))
    assert bed.far.wait_access(db_name="shop")["statements_denied"] == 0


def test_a_name_the_server_would_cut_is_refused(bed):
    with Raw(bed.calls) as client:
        client.send(startup(user=OWNER + "x" * 64, database="shop"))
        assert client.error()["C"] == "28000"
    with connect(bed) as connection, Wire(connection) as wire:
        wire.send(parse("n" * 64, "SELECT 1") + SYNC)
        kinds, errors = wire.answers()
        assert (kinds, errors[0]["M"]) == ("EZ", "denied by policy: name-too-long")


def test_a_failed_parse_before_a_setting_hangs_nothing(bed):
    with connect(bed) as connection, Wire(connection) as wire:
        wire.send(parse("", "SELECT nothing") + query("SET statement_timeout = 0") + SYNC + query("SELECT 1"))
        kinds, errors = wire.answers()
        assert (kinds, errors[0]["C"]) == ("EZ", "42703")
        assert wire.answers()[0] == "TDCZ"


def test_what_stands_before_a_goodbye_is_done(bed):
    bed.server.run("CREATE TABLE IF NOT EXISTS farewell (id int); TRUNCATE farewell")
    with connect(bed) as connection, Wire(connection) as wire:
        wire.send(query("INSERT INTO farewell SELECT generate_series(1, 200000)") + message("X"))
        wire.socket.shutdown(socket.SHUT_RDWR)
    until(lambda: bed.server.run("SELECT count(*) FROM farewell") == "200000", "the rows are there")


def test_a_promise_of_a_long_text_takes_no_memory(bed):
    with contextlib.ExitStack() as stack:
        wires = [stack.enter_context(Wire(stack.enter_context(connect(bed)))) for _ in range(20)]
        before = bed.far.rss_bytes()
        for wire in wires:
            wire.send(b"Q" + struct.pack(">I", 1_000_000) + b"SELECT")
        time.sleep(0.5)
        assert bed.far.rss_bytes() - before < 5_000_000
        text = "SELECT 1 -- " + "x" * 900_000
        wires[0].send(text.encode()[6:].ljust(1_000_000 - 4 - 6 - 1, b" ") + b"\0")
        assert wires[0].answers()[0] == "TDCZ"


def test_new_rules_judge_a_prepared_statement_again(binary, tmp_path, server, tables):
    bed = PostgresBed(binary, tmp_path, server)
    try:
        bed.mesh.put_policy(l7_policy(sql_rule(ITEM)))
        bed.start()
        with connect(bed) as connection, Wire(connection) as wire:
            wire.send(parse("a", "SELECT note FROM orders WHERE id = 1") + SYNC + bind("", "a") + execute() + SYNC)
            assert [wire.answers()[0] for _ in range(2)] == ["1Z", "2DCZ"]
            bed.put_policy(l7_policy(sql_rule({**ITEM, "tables": ["public.other"]})))
            wire.send(bind("", "a") + execute() + SYNC)
            kinds, errors = wire.answers()
            assert (kinds, errors[0]["M"]) == ("EZ", "denied by policy: table: public.orders")
        assert bed.crashes() == []
    finally:
        bed.stop()


def test_a_dry_run_is_told_and_changes_nothing(binary, tmp_path, server, tables):
    bed = PostgresBed(binary, tmp_path, server)
    try:
        policy = l7_policy(sql_rule(ITEM))
        policy["spec"]["mode"] = "DryRun"
        bed.mesh.put_policy(policy)
        bed.start()
        assert bed.psql("SELECT word FROM secret").stdout == "hidden\n"
        told = bed.far.wait_audit(event="statement", sampled=False, reason="none")
        assert told["detail"].startswith("statement, dry run: table: public.secret")
        assert bed.far.wait_access(db_name="shop")["statements_denied"] == 0
        assert bed.crashes() == []
    finally:
        bed.stop()


@pytest.mark.parametrize("text", ["SET standard_conforming_strings = off", "SET search_path = other",
                                  "SET client_encoding = 'SJIS'", "SET NAMES 'SJIS'", "SET ROLE postgres",
                                  "SELECT set_config('standard_conforming_strings', 'off', false)",
                                  "COPY orders TO PROGRAM 'cat'", "DO $$ BEGIN END $$", "SELECT 'unfinished",
                                  "SELECT 1; SELECT 2", "UPDATE orders SET note = 'x'", "SELECT pg_read_file('x')"])
def test_what_would_blind_the_rules_is_denied(ruled, text):
    with connect(ruled) as connection, Wire(connection) as wire:
        wire.send(query(text) + query("SELECT 1"))
        kinds, errors = wire.answers()
        assert (kinds, errors[0]["C"]) == ("EZ", "42501"), errors
        assert wire.answers()[0] == "TDCZ"


def test_copy_into_an_allowed_table_with_an_early_sync(ruled):
    item = {**ITEM, "statements": [*ITEM["statements"], "COPY"], "columns": ["*"]}
    ruled.put_policy(l7_policy(sql_rule(item)))
    try:
        with connect(ruled) as connection, Wire(connection) as wire:
            wire.send(parse("", "COPY orders FROM STDIN") + bind("", "") + execute() + SYNC)
            assert [wire.message()[0] for _ in range(3)] == ["1", "2", "G"]
            wire.send(message("d", b"100\thundred\n") + message("c") + SYNC)
            assert wire.answers()[0] == "CZ"
            wire.send(query("DELETE FROM orders WHERE id = 100"))
            assert wire.answers()[0] == "CZ"
    finally:
        ruled.put_policy(l7_policy(sql_rule(ITEM)))
