"""Statements are learnt from a file or from an audit log, and a rule with that list lets only those pass."""

import json

import pytest
import yaml

import bed
import server
import wire
from waiting import until

LEARNT = ("SELECT id FROM stock WHERE id = 1", "UPDATE stock SET id = 2 WHERE id = 1")


def item(fingerprints):
    return {"databases": ["postgres"], "tables": ["public.stock"], "fingerprints": fingerprints}


def answers(address, port, *texts):
    """What comes back for each: its command's tag, or its error."""
    client = wire.Client(address, port)
    found = []
    for text in texts:
        client.send(wire.query(text))
        messages = dict(client.answer())
        found.append(wire.fields(messages["E"])["M"] if "E" in messages else messages["C"].rstrip(b"\0").decode())
    client.close()
    return found


@pytest.fixture(scope="module")
def stock():
    with server.Server() as running:
        client = wire.Client("127.0.0.1", running.port)
        client.send(wire.query("CREATE TABLE stock (id int)"))
        assert "E" not in [kind for kind, _ in client.answer()]
        client.close()
        yield running


def test_what_an_audit_log_tells_is_what_a_rule_enforces(gabion, binary, stock, tmp_path):
    proxy = bed.Proxy(binary, tmp_path, stock, [bed.policy("db", "Enforce", sql=[item({"mode": "Learn"})])])
    try:
        assert answers(proxy.address, proxy.port, *LEARNT) == ["SELECT 0", "UPDATE 0"]
        log = proxy.sidecar.folder / "audit.log"
        until(lambda: log.read_text().count("fingerprint: ") == len(LEARNT), "both are told")
        assert "stock" not in "".join(line["detail"] for line in proxy.sidecar.audit())
        learnt = gabion("sql", "learn", "--audit", "--file", log)
        assert learnt.returncode == 0, learnt.stderr
        enforced = yaml.safe_load(learnt.stdout)["fingerprints"]
        assert (enforced["mode"], len(enforced["learnt"])) == ("Enforce", 2)
        proxy.put_policy(bed.policy("db", "Enforce", sql=[item(enforced)]))
        found = answers(proxy.address, proxy.port, "SELECT id FROM stock WHERE id = 99", "SELECT id FROM stock",
                        "SELECT id FROM stock WHERE id = 1 OR id = 2")
        assert found[0] == "SELECT 0"
        assert all(said.startswith("denied by policy: fingerprint: ") for said in found[1:]), found
    finally:
        proxy.stop()


def test_a_file_of_statements_gives_the_same_list_as_what_explain_tells(gabion):
    learnt = gabion("sql", "learn", text="\n".join(LEARNT).encode())
    assert learnt.returncode == 0, learnt.stderr
    listed = yaml.safe_load(learnt.stdout)["fingerprints"]["learnt"]
    told = []
    for text in LEARNT:
        facts = yaml.safe_load(gabion("sql", "explain", "--dialect", "postgres", text=text.encode()).stdout)["statements"][0]
        told.append(f"{facts['fingerprint']}-{facts['fact_hash']}")
    assert sorted(listed) == sorted(told)


@pytest.mark.parametrize(("text", "status"), [
    (b"SELECT 1\n{\"sql\": \"SELECT 2\"}\n", 0),  # one and the same
    (b"SET a.b = 'secret'\nSELEC 'secret'\nPREPARE p AS SELECT 'secret'\n", 1),
    (b"", 1),
])
def test_what_says_too_little_is_left_out_and_no_value_is_printed(gabion, text, status):
    learnt = gabion("sql", "learn", text=text)
    assert learnt.returncode == status
    assert b"secret" not in learnt.stdout + learnt.stderr
    assert status == 1 or learnt.stdout.count(b"  - ") == 1


def test_only_what_a_rule_in_mode_learn_let_through_is_learnt(gabion):
    pair = "0123456789abcdef-0123456789abcdef"
    details = [f"statement: fingerprint: {pair}; user app", f"statement: table: public.fingerprint: {pair}; user app",
               f"statement, let through: injection; user statement, let through: fingerprint: {pair}",
               f"statement, let through: fingerprint: {pair}x; user app"]
    lines = "\n".join(json.dumps({"detail": detail}) for detail in details)
    assert gabion("sql", "learn", "--audit", text=lines.encode()).stdout == b""
    told = json.dumps({"detail": f"statement, let through: fingerprint: {pair}; rule shop/db/db; user app"})
    assert pair.encode() in gabion("sql", "learn", "--audit", text=told.encode()).stdout


@pytest.mark.parametrize("end", ["\u0085", "\u2028", "\u2029", "\n", "\r"])
def test_a_name_writes_no_entry_of_its_own(gabion, end):
    text = json.dumps({"sql": f'SELECT "x{end}  - aaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb" FROM t'})
    learnt = gabion("sql", "learn", text=text.encode())
    assert len(yaml.safe_load(learnt.stdout)["fingerprints"]["learnt"]) == 1


def test_a_file_that_is_not_there_is_2(gabion):
    assert gabion("sql", "learn", "--file", "/absent/file").returncode == 2
