"""Long results are read in large pieces: all of them arrives, in order, early rows before the end, whatever ends it."""

import contextlib
import io
import struct

import psycopg2
import pytest

from addresses import Subnet, split
from l7_sql import l7_policy, sql_rule
from postgres_bed import PostgresBed
from postgres_server import OWNER, PASSWORD, PostgresServer
from postgres_wire import SYNC, Wire, bind, message, parse, query
from waiting import until

ITEM = {"users": [OWNER], "databases": ["shop"], "tables": ["public.long"], "columns": ["id", "note", "secret"],
        "statements": ["SELECT", "TCL", "DECLARE", "FETCH", "CLOSE", "COPY"], "functions": ["*"],
        "mask": [{"column": "public.long.secret", "with": "Redact"}]}
ROWS = 50_000
EVERYTHING = "SELECT id, note, secret FROM long ORDER BY id"
HOUR = 3600
# The longest there is: on a busy machine pieces follow each other less quickly than the default asks for.
PATIENT = {"resultPause": "10ms"}
MANY = 20  # results, of which one is paced at least


def note(number):
    return f"{number}:" + "n" * (number % 300)


def slow_after(rows, statement_seconds=HOUR):
    """`rows` of 500 bytes, then the server sleeps before it says the next one."""
    return (f"SELECT g, repeat('x', 500), pg_sleep(CASE WHEN g = {rows} THEN {statement_seconds} ELSE 0 END) "
            f"FROM generate_series(1, {rows * 2}) g")


@pytest.fixture(scope="module")
def server():
    found = PostgresServer(Subnet().endpoint(47))
    try:
        found.start().run(f"CREATE TABLE long (id int, note text, secret text); INSERT INTO long SELECT g, g || ':' || "
                          f"repeat('n', g % 300), 'secret ' || g FROM generate_series(1, {ROWS}) g; ANALYZE long")
        yield found
    finally:
        found.stop()


@contextlib.contextmanager
def started(binary, folder, server, **sections):
    found = PostgresBed(binary, folder, server)
    try:
        yield found.start(workers=1, **sections)
        assert found.crashes() == []
    finally:
        found.stop()


@pytest.fixture(scope="module")
def plain(binary, tmp_path_factory, server):
    with started(binary, tmp_path_factory.mktemp("plain"), server, postgres=PATIENT) as found:
        yield found


@pytest.fixture
def bed(plain):
    until(lambda: plain.near.connections_open() + plain.far.connections_open() == 0, "earlier sessions are over")
    return plain


@contextlib.contextmanager
def connect(bed):
    host, port = split(bed.calls)
    connection = psycopg2.connect(host=host, port=port, user=OWNER, password=PASSWORD, dbname="shop", connect_timeout=20)
    try:
        yield connection
    finally:
        connection.close()


def pauses(sidecar, *ended):
    return sum(int(sidecar.metric("gabion_postgres_result_pauses_total", ended=each))
               for each in ended or ("full", "time", "end", "empty"))


def backends(server, what):
    """How many sessions of the server run a statement like this."""
    return int(server.run(f"SELECT count(*) FROM pg_stat_activity WHERE query LIKE '{what}%' AND state = 'active' AND pid <> pg_backend_pid()"))


def test_a_long_result_arrives_whole_and_is_read_in_large_pieces(bed):
    before = [pauses(bed.far, "full", "time"), pauses(bed.near, "full", "time")]
    with connect(bed) as connection, connection.cursor() as cursor:
        for _ in range(MANY):
            cursor.execute(EVERYTHING)
            assert cursor.fetchall() == [(number, note(number), f"secret {number}") for number in range(1, ROWS + 1)]
            if pauses(bed.far, "full", "time") > before[0] and pauses(bed.near, "full", "time") > before[1]:
                break
        else:
            pytest.fail("it was read in small pieces")


def test_rows_arrive_while_the_server_still_works_on_the_rest(bed, server):
    """40 KiB in pieces of 8 have been sent; what is held of them would wait for an hour."""
    with connect(bed) as connection, Wire(connection) as wire:
        for _ in range(3):  # in the same session: what one result leaves behind is not the next one's
            wire.send(query(slow_after(100)))
            assert wire.message()[0] == "T"
            for number in range(1, 80):
                kind, body = wire.message()
                assert kind == "D" and body[6:6 + len(str(number))] == str(number).encode()
            assert backends(server, "SELECT g, repeat") == 1
            connection.cancel()
            kinds, errors = wire.answers()
            assert set(kinds[:-2]) <= {"D"} and kinds.endswith("EZ") and errors[0]["C"] == "57014"
        wire.send(query("SELECT 1"))
        assert wire.answers()[0] == "TDCZ"


def test_an_error_in_the_midst_comes_behind_the_rows_before_it(bed):
    with connect(bed) as connection, Wire(connection) as wire:
        for _ in range(5):
            wire.send(query("SELECT repeat('x', 500), 1 / (2000 - g) FROM generate_series(1, 5000) g") + query("SELECT 1"))
            kinds, errors = wire.answers()
            assert (kinds, errors[0]["C"]) == ("T" + "D" * 1999 + "EZ", "22012")
            assert wire.answers()[0] == "TDCZ"


def test_a_portal_is_fetched_piece_by_piece(bed):
    """Each piece ends with PortalSuspended, and nobody asks for the next before that is there."""
    with connect(bed) as connection, Wire(connection) as wire:
        wire.send(query("BEGIN") + parse("", EVERYTHING) + bind("p", "") + message("H"))
        assert wire.answers()[0] == "CZ"
        assert [wire.message()[0] for _ in range(2)] == ["1", "2"]
        left = ROWS
        for piece in (1, 10, 1000, 7000, 100, 20_000):
            wire.send(message("E", b"p\0" + struct.pack(">I", piece)) + message("H"))
            for _ in range(piece):
                assert wire.message()[0] == "D"
            assert wire.message()[0] == "s"
            left -= piece
        wire.send(message("E", b"p\0" + struct.pack(">I", 0)) + SYNC)
        assert wire.answers()[0] == "D" * left + "CZ"


def test_a_cursor_and_copy_give_all_rows(bed):
    with connect(bed) as connection:
        with connection.cursor("walk") as cursor:
            cursor.itersize = 3000
            cursor.execute("SELECT id FROM long ORDER BY id")
            assert [row[0] for row in cursor] == list(range(1, ROWS + 1))
        with connection.cursor() as cursor:
            out = io.StringIO()
            cursor.copy_expert("COPY (SELECT id, note FROM long ORDER BY id) TO STDOUT", out)
            assert out.getvalue() == "".join(f"{number}\t{note(number)}\n" for number in range(1, ROWS + 1))
            cursor.execute("SELECT count(*) FROM long")
            assert cursor.fetchall() == [(ROWS,)]


def test_who_does_not_read_is_waited_for_and_has_it_all(bed, server):
    """While it reads nothing the server waits too: what there is between them is bounded."""
    text = "SELECT repeat('y', 1000) FROM generate_series(1, 60000)"
    with connect(bed) as connection, Wire(connection) as wire:
        wire.send(query(text))
        until(lambda: server.run("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'ClientWrite'") == "1",
              "the server waits for the client")
        for sidecar in (bed.near, bed.far):
            assert sidecar.metric("gabion_buffered_bytes") < 512 * 1024
        assert wire.answers()[0] == "T" + "D" * 60_000 + "CZ"
        wire.send(query("SELECT 1"))
        assert wire.answers()[0] == "TDCZ"


def test_the_end_of_either_side_ends_a_session_within_a_result(bed, server):
    """A client that is gone is seen by a server that sleeps as well as by one that sends."""
    for text in (slow_after(100, 5), "SELECT repeat('y', 1000) FROM generate_series(1, 100000000)"):
        with connect(bed) as connection, Wire(connection) as wire:
            wire.send(query(text))
            for _ in range(60):
                wire.message()
        until(lambda: bed.near.connections_open() + bed.far.connections_open() == 0, "the session is over", 40)
        until(lambda: backends(server, "SELECT") == 0, "the server's session is over", 40)
    with connect(bed) as connection, Wire(connection) as wire:
        wire.send(query(slow_after(100)))
        for _ in range(60):
            wire.message()
        server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT g, repeat%' AND pid <> pg_backend_pid()")
        assert wire.error()["C"] == "57P01"
        wire.wait_closed()


def test_masks_hold_in_long_results(binary, tmp_path, server):
    with contextlib.ExitStack() as stack:
        folder = tmp_path / "masked"
        folder.mkdir()
        found = PostgresBed(binary, folder, server)
        stack.callback(found.stop)
        found.mesh.put_policy(l7_policy(sql_rule(ITEM)))
        found.start(workers=1, postgres=PATIENT)
        with connect(found) as connection, connection.cursor() as cursor:
            for _ in range(MANY):
                cursor.execute(EVERYTHING)
                assert cursor.fetchall() == [(number, note(number), "[REDACTED]") for number in range(1, ROWS + 1)]
                if pauses(found.far) > 0:
                    break
            else:
                pytest.fail("it was read in small pieces")
        assert found.crashes() == []


def test_it_is_not_done_where_the_configuration_says_so(binary, tmp_path, server):
    with started(binary, tmp_path, server, postgres={"resultPause": "0s"}) as found:
        with connect(found) as connection, connection.cursor() as cursor:
            cursor.execute(EVERYTHING)
            assert cursor.fetchall()[-1] == (ROWS, note(ROWS), f"secret {ROWS}")
        assert pauses(found.far) + pauses(found.near) == 0
