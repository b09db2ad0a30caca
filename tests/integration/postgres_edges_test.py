"""Edges of a session of PostgreSQL: what a server takes that nobody should send, and everything that ends a session."""

import contextlib
import struct

import psycopg2
import pytest

from addresses import Subnet, split
from certificates import spiffe
from l7_sql import l7_policy, sql_rule
from postgres_bed import PostgresBed
from postgres_server import OWNER, PASSWORD, PostgresServer
from postgres_wire import SYNC, Wire, bind, execute, message, parse, query
from waiting import until

WEB = spiffe("shop", "web")
ROLE, SECRET = "orders_app", "a secret 0f orders_app"


@pytest.fixture(scope="module")
def server():
    found = PostgresServer(Subnet().endpoint(41))
    try:
        found.start()
        found.run(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{SECRET}'; CREATE TABLE orders (id int); CREATE TABLE secret (id int)")
        yield found
    finally:
        found.stop()


@pytest.fixture
def bed(binary, tmp_path, server):
    found = PostgresBed(binary, tmp_path, server)
    yield found
    crashes = found.crashes()
    found.stop()
    assert crashes == []


@contextlib.contextmanager
def connect(bed, **options):
    host, port = split(bed.calls)
    settings = {"user": OWNER, "password": PASSWORD, "dbname": "shop", "connect_timeout": 20, **options}
    connection = psycopg2.connect(host=host, port=port, **settings)
    try:
        yield connection
    finally:
        connection.close()


STRAYS = [message("c"), message("d", b"1\n"), message("f", b"no\0"), message("c") + message("c"),
          message("d", b"1\n") + message("c") + message("f", b"\0")]


@pytest.mark.parametrize("stray", STRAYS, ids=["CopyDone", "CopyData", "CopyFail", "twice", "all"])
def test_what_belongs_to_a_copy_is_nothing_outside_of_one(bed, stray):
    """PostgreSQL ignores it; the answers that follow are still those to what was asked."""
    bed.mesh.put_policy(l7_policy(sql_rule({"statements": ["SELECT"], "tables": ["orders"]})))
    bed.start()
    with connect(bed) as connection, Wire(connection) as wire:
        wire.send(stray + query("SELECT 1") + stray + query("SELECT id FROM secret") + stray + query("SELECT 2"))
        assert wire.answers()[0] == "TDCZ"
        kinds, errors = wire.answers()
        assert (kinds, errors[0]["C"]) == ("EZ", "42501")
        assert wire.answers()[0] == "TDCZ"
        wire.send(parse("", "SELECT 3") + stray + bind("", "") + stray + execute() + stray + SYNC)
        assert wire.answers()[0] == "12DCZ"


def test_a_long_statement_is_no_idle_session(bed):
    bed.start(timeouts={"idle": "1500ms", "responseBody": "1500ms", "responseHeader": "1500ms"})
    with connect(bed) as connection, Wire(connection) as wire:
        wire.send(query("SELECT pg_sleep(4)"))
        assert wire.answers()[0] == "TDCZ"
        assert wire.error()["C"] == "57P05"
    # Both wait for the same time: whoever is first ends it for the other.
    until(lambda: [line for bed_side in (bed.near, bed.far) for line in bed_side.access(reason="idle_timeout")],
          "the idle session has ended")


def test_who_holds_most_is_ended_when_memory_runs_out(bed):
    bed.start_far()
    bed.start_near(limits={"inFlightBytes": "2MiB"},
                   overload={"refuseConnections": 25, "refuseRequests": 30, "endLargest": 40, "recover": 5})
    with connect(bed) as small, connect(bed) as large, Wire(large) as wire, Wire(small) as other:
        wire.send(b"Q" + struct.pack(">I", 1_000_000) + b"SELECT " + b" " * 950_000)
        assert wire.error()["C"] == "53200"
        assert bed.near.wait_access(reason="overload_ended")
        other.send(query("SELECT 1"))
        assert other.answers()[0] == "TDCZ"


def own_login(tmp_path, role=ROLE):
    (tmp_path / "secret").write_text(SECRET)
    return [{"identity": WEB, "role": role, "secretFile": str(tmp_path / "secret")}]


@pytest.mark.parametrize("change", ["removed", "another identity's", "another role's"])
def test_a_login_that_is_revoked_ends_the_sessions_it_let_in(bed, tmp_path, change):
    bed.start(logins=own_login(tmp_path))
    with connect(bed, user=ROLE, password=None) as connection, Wire(connection) as wire:
        wire.send(query("SELECT 1"))
        assert wire.answers()[0] == "TDCZ"
        inbound = bed.far.configuration["inbound"][0]
        if change == "removed":
            del inbound["logins"]
        elif change == "another role's":
            inbound["logins"][0]["role"] = OWNER
        else:
            inbound["logins"][0]["identity"] = spiffe("shop", "billing")
        bed.far.write().reload()
        assert wire.error()["C"] == "57P01"
    assert bed.far.wait_access(reason="policy_changed")["db_user"] == ROLE


def test_a_login_that_stays_ends_nothing(bed, tmp_path):
    bed.start(logins=own_login(tmp_path))
    with connect(bed, user=ROLE, password=None) as connection, Wire(connection) as wire:
        bed.far.configuration["inbound"][0]["logins"] += [{"identity": spiffe("shop", "billing"), "role": "x",
                                                           "secretFile": str(tmp_path / "secret")}]
        bed.far.write().reload()
        wire.send(query("SELECT 1"))
        assert wire.answers()[0] == "TDCZ"


def test_statements_can_be_judged_before_the_first_session(bed):
    """What cannot be made must stop the start, not the first session."""
    bed.start(workers=2)
    for sidecar in (bed.near, bed.far):
        until(lambda sidecar=sidecar: sidecar.output().count("statements of SQL can be judged") == 2, "each worker tells")


def test_a_reload_brings_the_judge_with_the_first_listener(bed):
    far = bed.start_far()
    entry = far.configuration["inbound"].pop()
    far.stop()
    other = {**entry, "protocol": "http"}
    far.configuration["inbound"] = [other]
    far.forget()
    log = far.output()
    far.start()
    until(lambda: '"serving"' in far.output()[len(log):], "it has told of its start")
    made = far.output().count("statements of SQL can be judged")
    far.configuration["inbound"] = [entry]
    far.write().reload()
    until(lambda: far.output().count("statements of SQL can be judged") == made + 1, "it is made")


# ---- large objects ----------------------------------------------------------------------------------------------------


def call(function, *arguments):
    body = struct.pack(">IHHH", function, 1, 1, len(arguments))
    for argument in arguments:
        body += struct.pack(">I", len(argument)) + argument
    return message("F", body + struct.pack(">H", 1))


LO_OPEN, LO_READ, LO_UNLINK, SET_CONFIG = 952, 954, 964, 2078


def test_calls_for_large_objects_are_judged_like_the_statements_they_could_be(bed, server):
    number = int(server.run("SELECT lo_from_bytea(0, repeat('large ', 20000)::bytea)"))
    item = {"statements": ["SELECT", "TCL"], "functions": ["pg_catalog.lo_open", "pg_catalog.loread"]}
    bed.mesh.put_policy(l7_policy(sql_rule(item)))
    bed.start()
    with connect(bed) as connection, Wire(connection) as wire:
        wire.send(query("BEGIN") + call(LO_OPEN, struct.pack(">I", number), struct.pack(">I", 0x40000)))
        assert wire.answers()[0] == "CZ"
        assert wire.answers()[0] == "VZ"
        wire.send(call(LO_READ, struct.pack(">I", 0), struct.pack(">I", 100_000)))
        kind, body = wire.message()
        assert (kind, body[4:10], len(body)) == ("V", b"large ", 100_004)
        assert wire.answers()[0] == "Z"
        for denied in (call(LO_UNLINK, struct.pack(">I", number)),
                       call(SET_CONFIG, b"standard_conforming_strings", b"off", b"\0")):
            wire.send(denied)
            kinds, errors = wire.answers()
            assert (kinds, errors[0]["C"]) == ("EZ", "42501")
            wire.send(query("ROLLBACK"))
            assert wire.answers()[0].endswith("CZ")  # a notice where there is no transaction
    assert server.run(f"SELECT count(*) FROM pg_largeobject_metadata WHERE oid = {number}") == "1"
