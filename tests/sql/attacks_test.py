"""Every attack of attacks.py leaks when it goes straight to the server, and does not through `gabion run`."""

import pytest

import attacks
import bed
import server
import wire
from attacks import ATTACKS, EMAIL, WORD

ITEMS = [
    {"databases": ["postgres"], "tables": ["public.orders"], "stackedStatements": "Allow",
     "statements": ["SELECT", "INSERT", "UPDATE", "DELETE", "TCL", "SET", "PREPARE", "EXECUTE", "DECLARE", "FETCH", "COPY", "OTHER"]},
    {"databases": ["postgres"], "tables": ["public.people"], "stackedStatements": "Allow",
     "statements": ["SELECT", "INSERT", "UPDATE", "COPY", "DECLARE", "FETCH"], "mask": [{"column": "public.people.email", "with": "Redact"}]},
    {"databases": ["postgres"], "tables": ["public.orders"], "statements": ["SELECT", "SET"], "functions": ["pg_catalog.set_config", "pg_catalog.pg_notify"]},
]


@pytest.fixture(scope="module")
def victim():
    with server.Server() as running:
        client = wire.Client("127.0.0.1", running.port)
        client.send(wire.query(attacks.SCHEMA))
        assert "E" not in [kind for kind, _ in client.answer()]
        client.close()
        yield running


@pytest.fixture(scope="module")
def proxy(binary, victim, tmp_path_factory):
    running = bed.Proxy(binary, tmp_path_factory.mktemp("attacks"), victim, [bed.policy("db", "Enforce", sql=ITEMS)])
    yield running
    running.stop()


def heard(address, port, attack):
    """All that comes back; what was done is undone at the end of the session, where it can be."""
    try:
        client = wire.Client(address, port, **attack.start)
    except (AssertionError, OSError) as refused:
        assert attack.start, refused
        return str(refused).encode()
    client.send(wire.query("BEGIN") + attack.sent + wire.query("ROLLBACK"))
    found = client.heard(attack.rounds + 2)
    client.close()
    return found


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: f"{attack.listed}: {attack.name}")
def test_what_leaks_from_the_server_does_not_leave_the_proxy(victim, proxy, attack):
    straight = heard("127.0.0.1", victim.port, attack)
    assert WORD.encode() in straight or EMAIL.encode() in straight, straight
    through = heard(proxy.address, proxy.port, attack)
    assert through and WORD.encode() not in through and EMAIL.encode() not in through, through


def test_what_the_rules_allow_passes(proxy):
    client = wire.Client(proxy.address, proxy.port)
    for text, said in (("SELECT note FROM orders", b"plain"), ("SELECT id, email FROM people", b"[REDACTED]"),
                       ("SELECT set_config('application_name', 'mine', false)", b"mine"), ("SET statement_timeout = 0", b"SET")):
        client.send(wire.query(text))
        assert said in client.heard(1), text
    client.close()
