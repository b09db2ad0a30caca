"""Statements beyond 64 KiB are read beside the worker's loop: order, rules, the end of a session, other sessions."""

import contextlib
import socket
import threading

import psycopg2
import pytest

from addresses import Subnet, split
from l7_sql import l7_policy, sql_rule
from postgres_bed import PostgresBed
from postgres_server import OWNER, PASSWORD, PostgresServer
from postgres_wire import SYNC, Wire, bind, execute, message, parse, query
from waiting import until

ITEM = {"users": [OWNER], "databases": ["shop"], "statements": ["SELECT", "INSERT", "TCL"], "tables": ["public.orders"],
        "columns": ["id", "note"], "stackedStatements": "Allow"}
LONG = "SELECT count(*) FROM orders WHERE id IN (" + ",".join(map(str, range(100_000, 190_000))) + ")"
SECRET = LONG.replace("orders", "secret", 1)
BROKEN = LONG[:-1]


@pytest.fixture(scope="module")
def server():
    found = PostgresServer(Subnet().endpoint(30))
    try:
        found.start().run("CREATE TABLE orders (id int, note text); INSERT INTO orders VALUES (100001, 'one'); CREATE TABLE secret (id int)")
        yield found
    finally:
        found.stop()


@pytest.fixture(scope="module")
def running(binary, tmp_path_factory, server):
    """One worker each: a text that was read on its loop would stop all sessions."""
    found = PostgresBed(binary, tmp_path_factory.mktemp("postgres"), server)
    try:
        found.mesh.put_policy(l7_policy(sql_rule(ITEM)))
        yield found.start(workers=1)
    finally:
        found.stop()


@pytest.fixture
def bed(running):
    until(lambda: running.near.connections_open() + running.far.connections_open() == 0, "earlier sessions are over")
    running.forget()
    yield running
    assert running.crashes() == []


@contextlib.contextmanager
def connect(bed):
    host, port = split(bed.calls)
    connection = psycopg2.connect(host=host, port=port, user=OWNER, password=PASSWORD, dbname="shop", connect_timeout=20)
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()


def read_beside(bed):
    return [int(sidecar.metric("gabion_sql_long_texts_total")) for sidecar in (bed.near, bed.far)]


def test_a_long_statement_is_answered_and_read_beside_the_loop(bed):
    assert 600_000 < len(LONG) < 1 << 20
    before = read_beside(bed)
    with connect(bed) as connection, connection.cursor() as cursor:
        cursor.execute(LONG)
        assert cursor.fetchall() == [(1,)]
        cursor.execute("SELECT id FROM orders")
        assert cursor.fetchall() == [(100_001,)]
    assert [now - then for now, then in zip(read_beside(bed), before)] == [1, 1]
    assert int(bed.far.metric("gabion_sql_long_texts_refused_total")) == 0


def test_rules_are_the_same_for_long_statements(bed):
    with connect(bed) as connection, connection.cursor() as cursor:
        for text, told in ((SECRET, "denied by policy: table: public.secret"), (BROKEN, "denied by policy: parse-error"),
                           (LONG.ljust((1 << 20) + 1), "denied by policy: too-long")):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege) as refused:
                cursor.execute(text)
            assert refused.value.diag.message_primary.startswith(told)
        cursor.execute(LONG)
        assert cursor.fetchall() == [(1,)]


def test_answers_come_in_the_order_of_a_pipeline(bed):
    with connect(bed) as connection, Wire(connection) as wire:
        wire.send(query("SELECT note FROM orders") + query(LONG) + query(SECRET) + parse("a", LONG) + bind("", "a") + execute() +
                  SYNC + parse("b", SECRET) + bind("", "b") + execute() + SYNC + bind("", "a") + execute() + SYNC +
                  query("SELECT note FROM orders"))
        found = [wire.answers() for _ in range(7)]
        assert [kinds for kinds, _ in found] == ["TDCZ", "TDCZ", "EZ", "12DCZ", "EZ", "2DCZ", "TDCZ"]
        assert [errors[0]["M"] for _, errors in found if errors] == ["denied by policy: table: public.secret"] * 2


def test_other_sessions_are_served_while_long_statements_are_read(bed):
    """Each thread sends ten; all of them, and 300 short ones beside them, are answered right."""
    wrong = []

    def ask(text, times, expected):
        try:
            with connect(bed) as connection, connection.cursor() as cursor:
                for number in range(times):
                    cursor.execute(f"{text}{' ' * number}")
                    if cursor.fetchall() != expected:
                        wrong.append(text[:60])
        except psycopg2.Error as failed:
            wrong.append(str(failed))

    before = read_beside(bed)
    threads = [threading.Thread(target=ask, args=(LONG + f" OR id = {number}", 10, [(1,)])) for number in range(4)]
    threads += [threading.Thread(target=ask, args=("SELECT id FROM orders", 100, [(100_001,)])) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert wrong == []
    assert [now - then for now, then in zip(read_beside(bed), before)] == [40, 40]


@pytest.mark.parametrize("how", [socket.SHUT_WR, socket.SHUT_RDWR, None])
def test_a_client_may_leave_while_its_text_is_read(bed, how):
    for _ in range(10):
        with connect(bed) as connection, Wire(connection) as wire:
            wire.send(query(LONG) + query(LONG + " "))
            if how is not None:
                wire.socket.shutdown(how)
    until(lambda: bed.near.connections_open() + bed.far.connections_open() == 0, "the sessions are over")
    assert bed.psql("SELECT note FROM orders").stdout == "one\n"


def test_a_goodbye_waits_for_the_statement_before_it(bed):
    bed.server.run("TRUNCATE orders; INSERT INTO orders VALUES (100001, 'one')")
    values = ",".join(f"({number},'x')" for number in range(200_000, 260_000))
    with connect(bed) as connection, Wire(connection) as wire:
        wire.send(query(f"INSERT INTO orders (id, note) VALUES {values}") + message("X"))
    until(lambda: bed.server.run("SELECT count(*) FROM orders") == "60001", "the rows are there")
    bed.server.run("DELETE FROM orders WHERE id >= 200000")


def test_new_rules_judge_a_long_prepared_statement_again(binary, tmp_path, server):
    bed = PostgresBed(binary, tmp_path, server)
    try:
        bed.mesh.put_policy(l7_policy(sql_rule(ITEM)))
        bed.start(workers=1)
        with connect(bed) as connection, Wire(connection) as wire:
            wire.send(parse("a", LONG) + SYNC + bind("", "a") + execute() + SYNC)
            assert [wire.answers()[0] for _ in range(2)] == ["1Z", "2DCZ"]
            for tables, kinds in ((["public.orders", "public.more"], "2DCZ"), (["public.more"], "EZ")):
                before = read_beside(bed)
                bed.put_policy(l7_policy(sql_rule({**ITEM, "tables": tables})))
                wire.send(bind("", "a") + execute() + SYNC)
                found, errors = wire.answers()
                assert found == kinds and [one["M"] for one in errors] == ["denied by policy: table: public.orders"] * (kinds == "EZ")
                assert read_beside(bed)[1] - before[1] <= 1
        assert bed.crashes() == []
    finally:
        bed.stop()


EXECUTE = "EXECUTE kept"
LONG_EXECUTE = EXECUTE + " " * 70_000


@pytest.mark.parametrize("make", [query("PREPARE kept AS " + LONG), query("PREPARE kept AS " + LONG) * 3], ids=["once", "thrice"])
@pytest.mark.parametrize("use,kinds", [(query(EXECUTE), "TDCZ"), (query(LONG_EXECUTE), "TDCZ"), (query(LONG_EXECUTE) * 2, "TDCZ"),
                                       (parse("", EXECUTE) + bind("", "") + execute() + SYNC, "12DCZ")],
                         ids=["short", "long", "long-twice", "extended"])
def test_new_rules_judge_again_what_a_text_names(binary, tmp_path, server, make, use, kinds):
    """The message has a text of its own, long or not, and names a long one that must be read again."""
    item = {**ITEM, "statements": [*ITEM["statements"], "PREPARE", "EXECUTE"]}
    bed = PostgresBed(binary, tmp_path, server)
    try:
        bed.mesh.put_policy(l7_policy(sql_rule(item)))
        bed.start(workers=1)
        with connect(bed) as connection, Wire(connection) as wire:
            wire.send(make)
            assert wire.answers()[0] == "CZ"
            for _ in range(make.count(b"PREPARE") - 1):
                assert wire.answers()[0] == "EZ", "it is there already"
            for tables, expected in ((["public.orders", "public.more"], kinds), (["public.more"], None)):
                bed.put_policy(l7_policy(sql_rule({**item, "tables": tables})))
                wire.send(use)
                for _ in range(use.count(b"EXECUTE")):
                    found, errors = wire.answers()
                    assert found == expected or (expected is None and found == "EZ" and "public.orders" in errors[0]["M"])
        assert bed.crashes() == []
    finally:
        bed.stop()


def test_a_drain_lets_a_long_statement_be_answered(binary, tmp_path, server):
    bed = PostgresBed(binary, tmp_path, server)
    try:
        bed.mesh.put_policy(l7_policy(sql_rule(ITEM)))
        bed.start(workers=1)
        with connect(bed) as connection, Wire(connection) as wire:
            wire.send(query(LONG))
            until(lambda: read_beside(bed)[1] == 1, "it is being read, or was")
            bed.far.signal(15)
            assert wire.answers()[0] == "TDCZ"
        assert bed.far.wait_exit() == 0
        assert bed.crashes() == []
    finally:
        bed.stop()
