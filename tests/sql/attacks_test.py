"""Every attack of attacks.py leaks when it goes straight to the server; through `gabion run` it is denied, and why."""

import re

import pytest

import attacks
import bed
import server
import wire
from attacks import ATTACKS, EMAIL, WORD
from waiting import until

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


def leaks(octets):
    return WORD.encode() in octets or EMAIL.encode() in octets


def sent_straight(victim, attack):
    """All that comes back; what was done is undone at the end of the session, where it can be."""
    client = wire.Client("127.0.0.1", victim.port, **attack.start)
    client.send(wire.query("BEGIN") + attack.sent + wire.query("ROLLBACK"))
    found = client.heard(attack.rounds + 2)
    client.close()
    return found


def in_words(error):
    """"42501 table: public.secret" of a denial, the SQLSTATE alone of what else the server says."""
    mine = error["M"].removeprefix("denied by policy: ") if error["M"].startswith("denied by policy: ") else ""
    return f"{error['C']} {mine}".strip()


class Through:
    """An attack through the proxy, in a session of its own and no transaction but those it makes."""

    def __init__(self, proxy, attack):
        proxy.sidecar.forget()
        try:
            client = wire.Client(proxy.address, proxy.port, **attack.start)
        except wire.Refused as refused:
            self.octets, self.told = str(refused).encode(), tuple(map(in_words, refused.errors))
            self.ended = True
        else:
            client.send(attack.sent)
            answers = client.said(attack.rounds)
            client.close()
            self.octets = b"".join(body for _, body in answers)
            self.told = tuple(in_words(wire.fields(body)) for kind, body in answers if kind == "E")
            self.ended = answers[-1][0] != "Z"
        self.session = proxy.sidecar.wait_access(method="SESSION")
        self._sidecar = proxy.sidecar

    def audited(self, count):
        """(reason, rule that decided or None) of denials in the audit log, in their order, once there are `count`."""
        def lines():
            return self._sidecar.audit(event="statement", verdict="deny")

        until(lambda: len(lines()) >= count, lambda: f"{count} denials, have {lines()}")
        assert {line["reason"] for line in lines()} <= {"policy_denied"}
        return [self._reason_and_rule(line) for line in lines()]

    @staticmethod
    def _reason_and_rule(line):
        reason, rule = re.fullmatch("statement: (.*?)(?:; rule (.*))?; user tester; database postgres", line["detail"]).groups()
        assert line["rule"] == rule, line
        return reason, rule


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: f"{attack.listed}: {attack.name}")
def test_what_leaks_from_the_server_is_denied_by_its_reason(victim, proxy, attack):
    assert leaks(sent_straight(victim, attack))
    through = Through(proxy, attack)
    assert through.octets and not leaks(through.octets), through.octets
    assert through.told == attack.told, through.octets
    denied = [told.removeprefix("42501 ") for told in attack.told if told.startswith("42501 ")] + list(attack.unheard)
    if through.ended:
        assert through.session["reason"] == attack.ends and through.session["logged_in"] == (not attack.start)
        return
    assert attack.ends is None and through.session["reason"] in ("none", "client_closed")  # without a goodbye
    assert through.audited(len(denied)) == [(reason, None) for reason in denied], "what no rule allows is denied by none"
    assert through.session["statements_denied"] == len(denied)
    assert (b"[REDACTED]" in through.octets) == attack.covered


NO_SECRET = "shop/db/no-secret"


@pytest.fixture(scope="module")
def denying(binary, victim, tmp_path_factory):
    """The same rules, and one that denies the table."""
    rules = bed.policy("db", "Enforce", sql=ITEMS)
    rules["spec"]["ingress"].append({**rules["spec"]["ingress"][0], "name": "no-secret", "action": "Deny",
                                     "sql": [{"tables": ["public.secret"]}]})
    running = bed.Proxy(binary, tmp_path_factory.mktemp("denying"), victim, [rules])
    yield running
    running.stop()


def by_rule(reasons):
    """As they are told where the rule denies what no rule allowed before."""
    return tuple(reason.replace("table: public.secret", f"deny-rule: {NO_SECRET}") for reason in reasons)


NAMED = [attack for attack in ATTACKS if any("table: public.secret" in told for told in attack.told)]


@pytest.mark.parametrize("attack", NAMED, ids=lambda attack: f"{attack.listed}: {attack.name}")
def test_the_rule_that_denies_is_named(denying, attack):
    through = Through(denying, attack)
    assert not leaks(through.octets) and through.told == by_rule(attack.told), through.octets
    if through.ended:
        assert through.session["reason"] == attack.ends
        return
    denied = [told.removeprefix("42501 ") for told in by_rule(attack.told) if told.startswith("42501 ")] + list(attack.unheard)
    assert through.audited(len(denied)) == [(reason, NO_SECRET if NO_SECRET in reason else None) for reason in denied]


def test_most_attacks_meet_the_rule():
    assert len(NAMED) >= 50


def test_what_the_rules_allow_passes(proxy):
    client = wire.Client(proxy.address, proxy.port)
    for text, said in (("SELECT note FROM orders", b"plain"), ("SELECT id, email FROM people", b"[REDACTED]"),
                       ("SELECT set_config('application_name', 'mine', false)", b"mine"), ("SET statement_timeout = 0", b"SET")):
        client.send(wire.query(text))
        assert said in client.heard(1), text
    client.close()
